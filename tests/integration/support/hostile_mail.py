"""Messages made to cost an antispam engine time or memory: of each kind the worst that fits.

Each function of MAILS gives one message of at most `size` octets (antispam.max_size unless said).
"""

import base64

SIZE = 2 * 1024 * 1024  # antispam.max_size
MAILS = {}

FIELDS = (
    b"Received: from mail.attack.example (mail.attack.example [192.0.2.66])\r\n"
    b"\tby mx.test.example (Postfix) with ESMTP id 4TESTQ\r\n"
    b"\tfor <user@test.example>; Mon, 01 Jan 2024 10:00:00 +0000\r\n"
    b"To: user@test.example\r\nDate: Mon, 01 Jan 2024 10:00:00 +0000\r\n"
    b"Message-ID: <1@attack.example>\r\nMIME-Version: 1.0\r\n"
)


def hostile(make):
    """Makes a function one of MAILS, by its name."""
    MAILS[make.__name__] = make
    return make


def repeated(piece, size):
    """As many whole pieces as fit: octets, or a function of the number of the piece."""
    if isinstance(piece, bytes):
        return piece * (size // len(piece))
    pieces, used = [], 0
    for number in range(size):
        each = piece(number)
        used += len(each)
        if used > size:
            break
        pieces.append(each)
    return b"".join(pieces)


def mail(extra, body, author=b"From: Mallory <m@attack.example>\r\n", subject=b"Subject: test\r\n"):
    return author + subject + FIELDS + extra + b"\r\n" + body


def of_type(content_type, body, encoding=b"8bit"):
    extra = b"Content-Type: " + content_type + b"\r\nContent-Transfer-Encoding: " + encoding
    return mail(extra + b"\r\n", body)


def html(source):
    """Lines are cut only where base64 does it, so that nothing bounds a stretch of HTML."""
    lines = base64.encodebytes(source).replace(b"\n", b"\r\n")
    return of_type(b"text/html; charset=utf-8", lines, b"base64")


def packed(size):
    """Octets that fit into `size` of base64, with room for fields."""
    return (size - 4096) // 78 * 57


def plain(text):
    return of_type(b"text/plain; charset=utf-8", text)


# ------------------------------------------------------------------ HTML


def html_of(name, piece, before=b"", behind=b""):
    """A message of one piece of HTML, over and over."""

    def make(size=SIZE):
        room = packed(size) - len(before) - len(behind)
        return html(before + repeated(piece, room) + behind)

    make.__name__ = name
    hostile(make)


html_of("html_cells", b"<td>x", b"<table><tr>")
html_of("html_tables", b"<table><tr><td>")
html_of("html_closed_cells", b"<tr><td>x</td></tr>", b"<table>", b"</table>")
html_of("html_divs", b"<div>")
html_of("html_fonts", b"<font color=#fefefe size=+1>a</font>")
html_of("html_end_tags", b"</b></i>")
html_of("html_many_tags", lambda i: b"<x%x>" % i)
html_of("html_titles", b"<title>")
html_of("html_scripts", b"<script>")
html_of("html_styles", b"<style>")
html_of("html_textareas", b"<textarea>")
html_of("html_closed_titles", b"<title>a</title>")
html_of("html_comments", b"<!--a-->")
html_of("html_open_comment", b"<!-- -- --")
html_of("html_bad_comments", b"<!>")
html_of("html_doctypes", b"<!doctype a>")
html_of("html_sections", b"<![CDATA[")
html_of("html_instructions", b"<?a")
html_of("html_less_than", b"<")
html_of("html_ampersands", b"&")
html_of("html_entities", b"&eacute;")
html_of("html_wide_entities", b"&#x1f600;")
html_of("html_wide_and_high", b"\xc3\xa9&#8364;")
html_of("html_prefix_entities", b"&eacutexyzz")
html_of("html_long_entity", b"a", b"&")
html_of("html_surrogates", b"&#xd83d;&#xde00;")
html_of("html_open_attribute", b"a", b'<a href="')
html_of("html_open_quotes", b'<a href="')
html_of("html_attributes", lambda i: b" a%x=1" % i, b"<a", b">")
html_of("html_few_attributes", b"<a " + b" ".join(b"a%x" % i for i in range(64)) + b">")
html_of("html_long_attribute", b"a", b'<a href="http://', b'">')
html_of("html_byte_order_marks", b"\xef\xbb\xbf", b'<a href="', b'">')
html_of("html_style_declarations", b"color:red;", b'<div style="', b'">x')
html_of("html_styled", b'<p style="display:none;color:rgb(1,2,3);background:url(a) #fff">x')
html_of("html_backgrounds", b"a,b ", b'<div style="background:', b'">x')
html_of("html_sheet", b"/**/a{b:c}\r\n", b"<style>", b"</style>")
html_of("html_invisible", b"<font size=0>a</font>b")
html_of("html_short_words", b"a<b>b</b>")
html_of("html_breaks", b"<br/>")
html_of("html_no_break_spaces", b"&nbsp;")
html_of("html_spaces", b" ", b"a", b"b")
html_of("html_almost_empty_tags", b"<a ")
html_of("html_links", lambda i: b"<a href=http://h%x.example/>" % i)
html_of("html_one_link", b"<a href=//a.example/>x</a>")
html_of("html_anchor_texts", lambda i: b"<a href=a>%07d</a>" % i)
LONG_BASE = b"<base href=http://h.example/" + b"a" * 8000 + b"/>"
html_of("html_relative", lambda i: b"<a href=%x>" % i, LONG_BASE)
DEEP_BASE = b'<base href="http://h.example/' + b"a/" * 4000 + b'">'
html_of("html_dotted", b"../", DEEP_BASE + b'<a href="', b'">')
html_of("html_broken_names", b"<a " + b"/href" * 200 + b"=1>")
html_of("html_images", lambda i: b"<img src=cid:%x width=9 height=9>" % i)
html_of("html_refresh", b"url=", b'<meta http-equiv=refresh content="', b'">')
html_of("html_data_link", b"QUJD", b'<img src="data:image/png;base64,', b'">')
REDIRECTIONS = b"u=http://r.example/&" * 60
html_of("html_redirectors", lambda i: b"<a href=http://r.example/%x?%b>" % (i, REDIRECTIONS))
html_of("html_international", lambda i: "<a href=http://\u0456%x.example/>".encode() % i)
html_of("html_kelvins", "<a href=\u212a\u212a\u212a>".encode())
html_of("html_forms", b"<form action=mailto:a@b.example>")


# ------------------------------------------------------------------ MIME


def multipart(parts, boundary=b"B"):
    extra = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n'
    return mail(extra, parts + b"--" + boundary + b"--\r\n")


CHARSETS = (b"utf-8", b"utf-7", b"utf-16", b"utf-32", b"iso-8859-1", b"iso-2022-jp", b"iso-2022-kr",
            b"euc-jp", b"euc-kr", b"gb18030", b"gb2312", b"big5", b"big5-hkscs", b"shift_jis", b"koi8-r",
            b"windows-1251", b"windows-1252", b"viscii", b"tis-620", b"hz-gb-2312", b"x-unknown")  # fmt: skip


@hostile
def mime_charsets(size=SIZE):
    """A thousand parts, each of another charset and kind."""
    kinds = (b"plain", b"html")
    text = bytes(range(128, 256)) * 12 + b"\r\n"

    def part(i):
        kind, charset = kinds[i % 2], CHARSETS[i % len(CHARSETS)]
        return (b"--B\r\nContent-Type: text/" + kind + b"; charset=" + charset
                + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text)  # fmt: skip

    return multipart(repeated(part, size - 4096))


@hostile
def mime_large_charset(size=SIZE):
    return of_type(b"text/plain; charset=iso-2022-jp", repeated(b"\x1b$B0!\x1b(B", size - 4096))


@hostile
def mime_bad_utf8(size=SIZE):
    return plain(repeated(b"\xe2\x82", size - 4096))


@hostile
def mime_empty_parts(size=SIZE):
    return multipart(repeated(b"--B\r\n\r\n", size - 4096))


@hostile
def mime_many_multiparts(size=SIZE):
    """Multiparts of many small parts, as many as there may be."""

    def inner(i):
        head = b"--B\r\nContent-Type: multipart/mixed; boundary=c%d\r\n\r\n" % i
        return head + b"--c%d\r\n\r\n" % i * 900

    return multipart(repeated(inner, size - 4096))


@hostile
def mime_nested(size=SIZE):
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(60)
    )
    rest = repeated(b"a\r\n", size - 4096 - len(head))
    return mail(b"", b"")[:-2] + head + b"Content-Type: text/plain\r\n\r\n" + rest


@hostile
def mime_nested_messages(size=SIZE):
    head = b"Content-Type: message/rfc822\r\n\r\n" * 60
    return mail(b"", b"")[:-2] + head + b"\r\n" + repeated(b"a" * 76 + b"\r\n", size - 8192)


@hostile
def mime_messages_in_parts(size=SIZE):
    piece = b"--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n"
    return multipart(repeated(piece, size - 4096))


@hostile
def mime_long_part_line(size=SIZE):
    return multipart(b"--B\r\n\r\n" + b"a" * (size - 4096) + b"\r\n")


@hostile
def mime_same_boundaries(size=SIZE):
    piece = b"--B\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    return multipart(repeated(piece, size - 4096))


@hostile
def mime_long_boundary(size=SIZE):
    boundary = b"q" * 7000
    return multipart(repeated(b"--" + boundary + b"x\r\n", size - 16384), boundary)


@hostile
def mime_almost_boundaries(size=SIZE):
    return multipart(repeated(b"--B-\r\n", size - 4096))


@hostile
def mime_part_fields(size=SIZE):
    fields = repeated(lambda i: b"X-%x: =?utf-8?q?a?=\r\n" % i, size - 4096)
    return multipart(b"--B\r\n" + fields + b"\r\nx\r\n")


@hostile
def mime_type_parameters(size=SIZE):
    """In every part a type with very many parameters."""
    parameters = b"".join(b"; name*%d*=utf-8''%%41" % i for i in range(350))
    piece = b"--B\r\nContent-Type: text/plain" + parameters + b"\r\n\r\nx\r\n"
    return multipart(repeated(piece, size - 4096))


@hostile
def mime_images(size=SIZE):
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\x02\0\0\0" + b"\0" * 99)
    piece = (b"--B\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n"
             b"Content-Disposition: attachment; filename=a.png\r\n\r\n" + image + b"\r\n")  # fmt: skip
    return multipart(repeated(piece, size - 4096))


@hostile
def mime_alternatives(size=SIZE):
    """Two parts of very many words that differ."""
    half = packed(size) // 2 - 4096
    one = repeated(lambda i: b"w%x " % i, half)
    other = repeated(lambda i: b"<b>v%x</b> " % i, half)
    extra = b'Content-Type: multipart/alternative; boundary="B"\r\n'

    def part(kind, text):
        lines = base64.encodebytes(text).replace(b"\n", b"\r\n")
        return (b"--B\r\nContent-Type: text/" + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + lines)  # fmt: skip

    return mail(extra, part(b"plain", one) + part(b"html", other) + b"--B--\r\n")


@hostile
def mime_soft_breaks(size=SIZE):
    body = repeated(b" \t=\r\n", size - 4096)
    return of_type(b"text/plain", body, b"quoted-printable")


@hostile
def mime_equals(size=SIZE):
    return of_type(b"text/html", repeated(b"=3D", size - 4096), b"quoted-printable")


@hostile
def mime_base64_noise(size=SIZE):
    return of_type(b"text/plain", repeated(b"!*=Q\r\n", size - 4096), b"base64")


# ------------------------------------------------------------------ text


def text_of(name, piece, before=b""):
    def make(size=SIZE):
        return plain(before + repeated(piece, size - 4096 - len(before)))

    make.__name__ = name
    hostile(make)


text_of("text_urls", lambda i: b"http://h%x.example/\r\n" % i)
text_of("text_urls_in_one_line", lambda i: b"http://h%x.example/ " % i)
text_of("text_schemeless", lambda i: b"h%x.com " % i)
text_of("text_schemes", b"http://")
text_of("text_mail_addresses", lambda i: b"a%x@b%x.com\r\n" % (i, i))
text_of("text_free_mail", lambda i: b"reply to user%x@gmail.com now\r\n" % i)
text_of("text_at_signs", b"a@")
text_of("text_dots", b"a.")
text_of("text_redirectors", lambda i: b"http://r.example/%x?%b\r\n" % (i, REDIRECTIONS))
text_of("text_international", lambda i: "http://\u0456%x.example/ ".encode() % i)
text_of("text_numbers", lambda i: b"http://0x%x/ http://%d/ " % (i, i))
text_of("text_escapes", lambda i: b"http://h%x.example/%%41%%42&#46;&#x2e;a " % i)
text_of("text_ports", lambda i: b"http://user:pass@h%x.example:80/a\r\n" % i)
text_of("text_mailto", b"mailto:%20%20%20")
text_of("text_brackets", b"http://a.example/)(")
text_of("text_one_line", b"a")
text_of("text_spaces", b" ")
text_of("text_line_ends", b"\r\n")
text_of("text_short_lines", b"a\r\n")
text_of("text_zeros", b"\0")
text_of("text_words", lambda i: b"w%x " % i)
text_of("text_uppercase", b"BUY NOW VIAGRA CHEAP!!! $$$ 100% FREE\r\n")
text_of("text_spaced_letters", b"v i a g r a ")
text_of("text_money", b"USD 15,500,000.00 million dollars ($15.5m) ")
text_of("text_gaps", b"a \r\n\r\n b\t\t")
text_of("text_capitals", b"A" * 70 + b"\r\n")
text_of("text_cyrillic", "\u0430\u0431".encode())
text_of("text_mixed_letters", "p\u0430yp\u0430l ".encode())
text_of("text_quotes", b'"\'<>[]{}()|')
text_of("text_uuencoded", b"begin 644 a\r\n" + b"M" + b"A" * 60 + b"\r\n")
text_of("text_pgp", b"-----BEGIN PGP MESSAGE-----\r\n")
text_of("text_bounce", b"Received: from a (b [192.0.2.1]) by c; Mon, 01 Jan 2024 10:00:00 +0000\r\n")


# ------------------------------------------------------------------ headers


def one_field(name, field, piece, before=b""):
    def make(size=SIZE):
        text = field + b": " + before + repeated(piece, size - 16384 - len(before)) + b"\r\n"
        replaced = {b"From": "author", b"Subject": "subject"}.get(field)
        return mail(b"", b"x\r\n", **{replaced: text}) if replaced else mail(text, b"x\r\n")

    make.__name__ = name
    hostile(make)


def many_fields(name, field):
    """The same field over and over; `field` is a function of its number."""

    def make(size=SIZE):
        return mail(repeated(field, size - 16384), b"x\r\n")

    make.__name__ = name
    hostile(make)


one_field("header_subject_words", b"Subject", b"=?utf-8?B?QUFB?= ")
one_field("header_subject_folded_words", b"Subject", b"=?utf-8?Q?a?=\r\n ")
one_field("header_subject_open_words", b"Subject", b"=?utf-8?Q?")
one_field("header_subject_letters", b"Subject", b"A B C ")
one_field("header_from_comments", b"From", b"(", b"a@b.example ")
one_field("header_from_quotes", b"From", b'"a" ')
one_field("header_from_angles", b"From", b"<a@b.example> ")
one_field("header_to_addresses", b"To", lambda i: b"a%x@x.example,\r\n " % i)
one_field("header_to_comments", b"Cc", b"(a)")
one_field("header_folds", b"X-Fold", b"a\r\n ")
one_field("header_message_id", b"Message-ID", b"<a@b>")
one_field("header_date", b"Date", b"Mon, 01 ")
one_field("header_type", b"Content-Type", b";charset=a", b"text/plain")
one_field("header_type_names", b"Content-Type", lambda i: b";name*%d=a" % i, b"text/plain")
one_field("header_received_long", b"Received", b"from a (b [192.0.2.1]) by c ")
one_field("header_list_id", b"List-Id", b"<a.example> ")
def addresses(number):
    """Six hundred that no other field has."""
    return b",".join(b"a@h%x.com" % (number * 600 + i) for i in range(600))


many_fields("fields_many", lambda i: b"X-%x: v\r\n" % i)
many_fields("fields_same", lambda i: b"X-A: v\r\n")
many_fields("fields_long", lambda i: b"X-A: " + b"a" * 8000 + b"\r\n")
many_fields("fields_from", lambda i: b"From: %b\r\n" % addresses(i))
many_fields("fields_to", lambda i: b"To: %b\r\n" % addresses(i))
many_fields("fields_reply_to", lambda i: b"Reply-To: u%x@gmail.com\r\n" % i)
many_fields("fields_from_nested", lambda i: b"From: %b a@b.com\r\n" % (b"(" * 3990 + b")" * 3990))
many_fields("fields_from_quotes", lambda i: b"From: " + b'"\\' * 3990 + b" a@b.com\r\n")
many_fields("fields_from_angles", lambda i: b"From: " + b"<" * 7990 + b"\r\n")
many_fields("fields_subject", lambda i: b"Subject: " + b"=?utf-8?Q?=41?= " * 490 + b"\r\n")
many_fields("fields_received", lambda i: (
    b"Received: from h%x.example (h%x.example [198.51.%d.%d]) by mx%x.example with ESMTP id %x;"
    b" Mon, 01 Jan 2024 10:00:00 +0000\r\n" % (i, i, i // 256 % 256, i % 256, i, i)))  # fmt: skip
many_fields("fields_received_odd", lambda i: b"Received: from " + b"a (b [192.0.2.1] " * 460 + b"\r\n")
many_fields("fields_received_spaces", lambda i: b"Received: from a%bby b\r\n" % (b" " * 8000))
many_fields("fields_received_words", lambda i: b"Received: from a (" + b"helo=" * 1590 + b"\r\n")
many_fields("fields_received_private", lambda i: (
    b"Received: from a (unknown [10.%d.%d.1]) by b (Postfix) with ESMTP id c; Mon, 01 Jan 2024"
    b" 10:00:00 +0000\r\n" % (i // 256 % 256, i % 256)))  # fmt: skip
many_fields("fields_message_id", lambda i: b"Message-ID: <" + b"a" * 7000 + b"@b>\r\n")
many_fields("fields_dkim", lambda i: (
    b"DKIM-Signature: v=1; a=rsa-sha256; d=h%x.example; s=s; h=From; bh=A; b=A\r\n" % i))  # fmt: skip
many_fields("fields_list", lambda i: b"List-Unsubscribe: <http://h%x.example/>\r\n" % i)
many_fields("fields_type", lambda i: b"Content-Type: a/b" + b"; a=b" * 1500 + b"\r\n")
many_fields("fields_origin", lambda i: b"X-Originating-IP: [192.0.2.%d]\r\n" % (i % 256))
