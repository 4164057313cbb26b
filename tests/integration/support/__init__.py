"""Private mail hosts for tests and the demo: DNS, Postfix, Dovecot and postern-milter on loopback.

Each module has one subject; mailhost.py ties them together. Everything runs below one directory,
on free ports, and is gone when the context manager ends. Needs root, Debian 12 or 13, and the
packages in `programs.PACKAGES`.
"""
