"""The audit's published heads: anyone with the published key checks them, and the gateway finds what does not fit."""
import base64
import subprocess
import sys

import lab as laboratory
from lab import Lab, until

ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: the head of a public key's encoding


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature_holds(folder, key, head):
    """Whether openssl, which knows nothing of labgate, takes the head for signed by the key."""
    words, signature = head.rsplit(" ", 1)
    for name, data in (("key", ED25519_DER + decode(key)), ("words", words.encode()), ("signature", decode(signature))):
        (folder / name).write_bytes(data)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key",
                           "-rawin", "-in", folder / "words", "-sigfile", folder / "signature"],
                          capture_output=True, text=True, timeout=60)
    return done.returncode == 0


def test_a_published_head_is_checked_with_the_published_key():
    with Lab() as lab:
        key = lab.gate.wait_line(r"labgate-audit-key 1 (\S+)")[1]
        head = lab.gate.wait_line(r"(labgate-audit-head 1 .+)")[1]
        assert signature_holds(lab.folder, key, head), head
        name, version, number, rest = head.split(" ", 3)
        assert not signature_holds(lab.folder, key, f"{name} {version} {int(number) + 1} {rest}"), "another number"


def test_a_head_is_met_by_the_chain_or_said_to_be_missing():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        until(lambda: lab.admin(audit_verify={}).audit_verify.records > 3, "records")
        report = lab.admin(audit_verify={}).audit_verify
        assert report.intact and report.head.startswith("labgate-audit-head 1 "), report
        assert lab.admin(audit_verify={"head": report.head}).audit_verify.intact
        number = report.head.split(" ")[2]
        forged = report.head.replace(f" {number} ", f" {int(number) + 1000} ", 1)
        broken = lab.admin(audit_verify={"head": forged}).audit_verify
        assert not broken.intact and broken.fault, broken


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
