"""postern-avscan-engine by itself: the objects of one request, and what is known of them before."""

import io
import zipfile

from support import av_engine, av_samples, av_signatures
from support.av_engine import MIB
from support.av_engine_fixtures import child, database, engine, program, start  # noqa: F401
from support.av_samples import user_mail as mail
from support.av_signatures import EICAR


def test_each_object_has_its_own_outcome(child):
    assert child.scan(("message", mail()), ("attachment", b""), ("attachment", b"text"), ("attachment", EICAR)) == [
        ("clean", ""), ("clean", ""), ("clean", ""), ("infected", av_signatures.NAMES["eicar"])]  # fmt: skip


def test_objects_to_skip_are_not_looked_into(child):
    digest = "0" * 64
    request = f"scan1 objects=message:{len(EICAR)}:{digest}:skip,attachment:{len(EICAR)}:{digest}"
    memory = av_engine.sealed(EICAR * 2)
    assert [result for result, _ in child.scan(memory=memory, text=request)] == ["skipped", "infected"]


def known_clean(child, message, *attachments):
    """Outcomes of a message and of attachments that are said to be clean, however little they are."""
    digest = "0" * 64
    objects = [f"message:{len(message)}:{digest}"]
    objects += [f"attachment:{len(content)}:{digest}:clean" for content in attachments]
    memory = av_engine.sealed(message + b"".join(attachments))
    return child.scan(memory=memory, text=f"scan1 objects={','.join(objects)}")


def test_what_is_known_to_be_clean_is_not_looked_into_again(child):
    """Nor where the message holds it; whatever else the message holds is."""
    known, other = EICAR, av_signatures.matched_by("ndb")
    noise = ("x.bin", av_samples.random_octets(5000))
    clean, skipped = ("clean", ""), ("skipped", "")
    assert known_clean(child, mail(("a.com", known)), known) == [clean, skipped]
    assert known_clean(child, mail(noise, ("a.com", known), ("b.com", known)), b"text", known) == [
        clean, skipped, skipped]  # fmt: skip
    assert known_clean(child, mail(("a.com", known)), b"x" * len(known))[0][0] == "infected"
    found = ("infected", av_signatures.NAMES["ndb"])
    for files in ((("a.com", known), ("b.bin", other)), (("b.bin", other), ("a.com", known))):
        assert known_clean(child, mail(*files), known) == [found, skipped]
    assert known_clean(child, mail(("a.com", known), text=other.decode()), known) == [found, skipped]
    packed = mail(("a.com", known), ("a.zip", av_samples.zipped(("b.bin", other))))
    assert known_clean(child, packed, known) == [found, skipped]
    encrypted = mail(("a.com", known), ("a.zip", av_samples.encrypted_zip("a.txt", b"text")))
    assert known_clean(child, encrypted, known)[0][0] == "encrypted"


def test_an_attachment_that_the_message_holds_otherwise_is_looked_into(child):
    """The message is clean; what is said to be attached to it is not in it."""
    outcomes = child.scan(("message", mail(("a.bin", b"x" * len(EICAR)))), ("attachment", EICAR))
    assert outcomes == [("clean", ""), ("infected", av_signatures.NAMES["eicar"])]


def test_what_an_archive_in_an_archive_hides_is_found(child):
    """libclamav unpacks the outer one, and not the inner one."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.com", EICAR)
    found = ("infected", av_signatures.NAMES["eicar"])
    inner = packed.getvalue()
    for _ in range(3):
        inner = av_samples.zipped(("a.zip", inner))
        assert child.attachment(inner) == found
    assert child.attachment(b"x" + packed.getvalue()) == found
    assert child.attachment(av_samples.tarred("a.zip", packed.getvalue())) == found
    assert child.attachment(av_samples.zipped(("a.zip", packed.getvalue()[:-30])))[0] != "clean"


def test_a_virus_comes_before_what_is_too_large(child):
    """Which would else be told, and the file behind it never looked at."""
    both = av_samples.zipped(("large", bytes(26 * MIB)), ("a.com", EICAR))
    found = ("infected", av_signatures.NAMES["eicar"])
    assert child.attachment(both) == found
    assert child.message(mail(("a.zip", both))) == found
    assert child.attachment(av_samples.zipped(("large", bytes(26 * MIB))))[0] == "unscannable"


def test_after_a_virus_nothing_else_is_looked_into(child):
    """What is in the other objects must not undo it, by killing the scanner."""
    found = ("infected", av_signatures.NAMES["eicar"])
    assert child.scan(("message", mail()), ("attachment", EICAR), ("attachment", b"text")) == [
        ("clean", ""), found, ("skipped", "")]  # fmt: skip
