"""The cockpit: app, actions, keymap, themes and palette."""
