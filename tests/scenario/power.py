"""power.py - a lab whose power can be cut: the gateway dies, and of its folder there remains what the disk had.

    with PoweredLab(random.Random(7)) as lab:
        ...
        lab.cut_power()
        lab.start_gate()
"""
import os
import shutil
import subprocess

from lab import BUILD, Lab

SECTOR = 512  # bytes: what a disk writes whole or not at all


class PoweredLab(Lab):
    def __init__(self, random, **options):
        super().__init__(**options)
        self.random = random
        self.state = self.folder / "state"
        self.disk = self.folder / "disk"
        self.empty_disk()

    def empty_disk(self):
        shutil.rmtree(self.disk, ignore_errors=True)
        self.disk.mkdir()
        self.disk.chmod(0o777)  # the gateway gives its privileges up

    def gate_command(self):
        return ["env", f"LD_PRELOAD={BUILD}/tests/shim/forgetful_disk.so", f"FORGETFUL_FOLDER={self.state}",
                f"FORGETFUL_DISK={self.disk}", *super().gate_command()]

    def cut_power(self):
        """Kills the gateway and makes its folder what the disk has. Returns how many sectors had not reached it."""
        self.kill_gate()
        present = self.present()
        files, lost = {}, 0
        for name, key in self.surviving_names(present).items():
            path = self.state / next((now for now, other in present.items() if other == key), "")
            written = path.read_bytes() if path.is_file() else None
            files[name], sectors = self.surviving_bytes(key, written)
            lost += sectors
        owner = self.state.stat()
        for name in present:
            (self.state / name).unlink()
        self.empty_disk()
        for name, content in files.items():
            path = self.state / name
            path.write_bytes(content)
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o600)
        # From now on this is what the disk has.
        present = self.present()
        for name, key in present.items():
            shutil.copyfile(self.state / name, self.disk / key)
        (self.disk / "names").write_text("".join(f"{key} {name}\n" for name, key in present.items()))
        for path in self.disk.iterdir():
            path.chmod(0o666)
        return lost

    def present(self):
        """The files' names in the folder, with the keys that the shim gives their inodes."""
        paths = [path for path in self.state.iterdir() if path.is_file() and not path.is_symlink()]
        lines = subprocess.run(["stat", "--format=%i %W %w", *paths], capture_output=True, text=True, check=True).stdout
        keys = [(words[0], words[1], int(words[3].split(".")[1])) for words in map(str.split, lines.splitlines())]
        return {path.name: f"{inode}-{seconds}-{nanoseconds}" for path, (inode, seconds, nanoseconds) in zip(paths, keys)}

    def surviving_names(self, present):
        """A folder's changes reach the disk in their order: here all of them since the last sync, or none."""
        synced = (self.disk / "names").read_text().splitlines()
        if self.random.random() < 0.5:
            return present
        return {name: key for key, name in (line.split(" ", 1) for line in synced)}

    def surviving_bytes(self, key, written):
        """Each sector that was written and not synced is on the disk, or is not."""
        kept = self.disk / key
        synced = kept.read_bytes() if kept.exists() else b""
        if written is None or written == synced:
            return synced, 0
        content, lost = bytearray(), 0
        for at in range(0, self.random.choice((len(synced), len(written))), SECTOR):
            old, new = synced[at:at + SECTOR], written[at:at + SECTOR]
            if old != new and (self.random.random() < 0.5 or not new):
                lost += 1
                new = old
            content += new.ljust(min(SECTOR, max(len(old), len(new))), b"\0")
        return bytes(content), lost
