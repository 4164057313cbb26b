"""Makes a process of ours call the kernel from outside (ptrace(2)), as code that an attacker runs in it would."""

import ctypes
import os
import platform

ATTACH, DETACH, GETREGS, SETREGS, POKEDATA = 16, 17, 12, 13, 5
SYSTEM_CALLS = {"openat": 257, "socket": 41, "execve": 59, "connect": 42, "fork": 57, "kill": 62, "unlink": 87}
AT_FDCWD = -100


class Registers(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_ulonglong)
        for name in "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
        "fs_base gs_base ds es fs gs".split()
    ]


def possible():
    """On the architecture whose registers these are, and as root."""
    return platform.machine() == "x86_64" and os.geteuid() == 0


def _ptrace(libc, request, pid, address=0, data=0):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, ctypes.c_void_p(address), ctypes.c_void_p(data))
    if result == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"ptrace {request}")


def call(pid, name, *arguments):
    """Lets a process that waits in a system call go on with another. Text becomes a pointer to it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    _ptrace(libc, ATTACH, pid)
    os.waitpid(pid, 0x40000000)  # __WALL
    registers = Registers()
    _ptrace(libc, GETREGS, pid, 0, ctypes.addressof(registers))
    place = (registers.rsp - 4096) & ~7
    values = []
    for argument in arguments:
        if isinstance(argument, str):
            text = argument.encode() + b"\0" * (8 - len(argument) % 8)
            for at in range(0, len(text), 8):
                _ptrace(libc, POKEDATA, pid, place + at, int.from_bytes(text[at : at + 8], "little"))
            argument, place = place, place + len(text)
        values.append(argument & 0xFFFFFFFFFFFFFFFF)
    for register, value in zip("rdi rsi rdx r10 r8 r9".split(), values):
        setattr(registers, register, value)
    registers.rip -= 2  # the instruction "syscall", once more
    registers.rax = SYSTEM_CALLS[name]
    registers.orig_rax = 0xFFFFFFFFFFFFFFFF  # or else the kernel restarts what it waited in
    _ptrace(libc, SETREGS, pid, 0, ctypes.addressof(registers))
    _ptrace(libc, DETACH, pid)
