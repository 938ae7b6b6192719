"""Programs that are hard to end, for jobs under test."""

# Deaf to SIGINT and SIGTERM, with a grandchild in a session of its own and a daemon that forked twice, all deaf.
DEAF_FAMILY = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
read, write = os.pipe()
if not os.fork():
    os.setsid()
    os.write(write, b"g")
    time.sleep(600)
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(write, b"d")
    time.sleep(600)
os.wait()
for _ in range(2):
    os.read(read, 1)
print("deaf", flush=True)
time.sleep(600)
"""

# Deaf too, with a child in its group, one in a group of its own and one in a session of its own.
WIDE_FAMILY = """
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
    signal.signal(number, signal.SIG_IGN)
read, write = os.pipe()
for leave in (lambda: None, lambda: os.setpgid(0, 0), os.setsid):
    if not os.fork():
        leave()
        os.write(write, b"x")
        time.sleep(600)
for _ in range(3):
    os.read(read, 1)
print("deaf", flush=True)
time.sleep(600)
"""

# Ends at once and leaves a daemon in a session of its own; "{deaf}" decides whether it hears SIGTERM.
LEAVES_DAEMON = """
import os, signal, time
if {deaf}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
read, write = os.pipe()
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(write, b"d")
    time.sleep({seconds})
    os._exit(0)
os.read(read, 1)
print("left", flush=True)
os._exit(5)
"""

# Says which signals reach it, and ends at SIGTERM.
TELLS_SIGNALS = """
import os, signal, sys, time
def tell(number, frame):
    os.write(1, b"%d\\n" % number)
    if number == signal.SIGTERM:
        os._exit(7)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, tell)
os.write(1, b"ready\\n")
while True:
    time.sleep(600)
"""
