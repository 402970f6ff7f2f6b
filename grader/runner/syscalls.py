"""Linux system calls by name and number, and the way to make one.

Numbers are given as (x86_64, aarch64), the two machines that a filter can be built for; they are
part of the kernel's stable interface and never change. What is listed here is what the filter of
`grader.runner.seccomp` treats specially; every other call up to `NEWEST` is allowed.
"""

from __future__ import annotations

import ctypes
import functools
import os
from typing import Any

Numbers = dict[str, tuple[int, int]]

#: The column of each machine.
MACHINES = {"x86_64": 0, "aarch64": 1}

#: The machine has no such call.
ABSENT = -1

#: The highest number known here (`file_setattr`, Linux 6.17). What a later kernel adds is answered
#: "not implemented", which every program must expect, so that a new call is never an open door.
NEWEST = 469

#: Refused with EPERM whatever the arguments.
DENIED: Numbers = {
    # New processes: a runner is one process, so one SIGKILL is a complete end.
    "fork": (57, ABSENT),
    "vfork": (58, ABSENT),
    "execve": (59, 221),
    "execveat": (322, 281),
    # The network and other processes' sockets. A connected pair stays possible, see CHECKED.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # Other processes: their memory, descriptors, signals and share of the processor.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "get_robust_list": (274, 100),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "setpgid": (109, 154),
    "setsid": (112, 157),
    # What Landlock does not see: modes, owners, times, attributes; `truncate` before its ABI 3.
    "chmod": (90, ABSENT),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, ABSENT),
    "fchown": (93, 55),
    "lchown": (94, ABSENT),
    "fchownat": (260, 54),
    "utime": (132, ABSENT),
    "utimes": (235, ABSENT),
    "futimesat": (261, ABSENT),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "truncate": (76, 45),
    # Names and handles that reach files by another way than their path.
    "link": (86, ABSENT),
    "linkat": (265, 37),
    "mknod": (133, ABSENT),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # Watching what others do with files.
    "inotify_init": (253, ABSENT),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    # The view of the file system, namespaces and mounts.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # Rings that run calls past this filter.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    # Parts of the kernel that calculations do not need and attacks do.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "create_module": (174, ABSENT),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "acct": (163, 89),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "uselib": (134, ABSENT),
    "ustat": (136, ABSENT),
    "sysfs": (139, ABSENT),
    "_sysctl": (156, ABSENT),
    "iopl": (172, ABSENT),
    "ioperm": (173, ABSENT),
    "modify_ldt": (154, ABSENT),
    # The machine's clock and name.
    "settimeofday": (164, 170),
    "adjtimex": (159, 171),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # Identity, limits and the confinement itself.
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "personality": (135, 92),
    "setrlimit": (160, 164),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "lsm_set_self_attr": (460, 460),
    # Objects that outlive a process and are shared by every process of a user.
    "msgget": (68, 186),
    "msgctl": (71, 187),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "semget": (64, 190),
    "semctl": (66, 191),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "shmget": (29, 194),
    "shmctl": (31, 195),
    "shmat": (30, 196),
    "shmdt": (67, 197),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_notify": (244, 184),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_getsetattr": (245, 185),
}

#: Answered "not implemented", so that the C library falls back to a call whose arguments can be
#: looked at: these two take theirs in memory, where a filter cannot see them.
UNIMPLEMENTED: Numbers = {
    "clone3": (435, 435),
    "openat2": (437, 437),
}

#: Allowed or refused by their arguments.
CHECKED: Numbers = {
    "clone": (56, 220),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
    "prctl": (157, 167),
    "sendto": (44, 206),
    "socketpair": (53, 199),
    "open": (2, ABSENT),
    "openat": (257, 56),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "sched_setaffinity": (203, 122),
}


def for_machine(table: Numbers, machine: str) -> dict[str, int]:
    """Return the calls of a table that a machine has, with their numbers there."""
    column = MACHINES[machine]
    return {name: row[column] for name, row in table.items() if row[column] != ABSENT}


def call(number: int, *arguments: int) -> int:
    """Make a system call that Python has no function for.

    Raises:
        OSError: the kernel refused; its `errno` says why.
    """
    library = c_library()
    result = int(library.syscall(*(ctypes.c_long(value) for value in (number, *arguments))))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


@functools.cache
def c_library() -> Any:
    """Return the C library of this process, set to keep `errno`."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
