#include "lib/io/clamav/samples.hpp"

#include <array>

namespace postern::io {
namespace {

constexpr std::string_view message =
    "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    "From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?q?a?=\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\ntext =E4\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<html><head><title>t</title><script>var a = 1;</script></head><body><p>text</p>"
    "<a href=\"https://example.org/\">https://example.org</a></body></html>\r\n"
    "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "JVBERi0xLjQKMSAwIG9iaiA8PC9UeXBlIC9DYXRhbG9nIC9QYWdlcyAyIDAgUj4+IGVuZG9i\r\n"
    "agoyIDAgb2JqIDw8L1R5cGUgL1BhZ2VzIC9LaWRzIFszIDAgUl0gL0NvdW50IDE+PiBlbmRv\r\n"
    "YmoKMyAwIG9iaiA8PC9UeXBlIC9QYWdlIC9QYXJlbnQgMiAwIFIgL0NvbnRlbnRzIDQgMCBS\r\n"
    "Pj4gZW5kb2JqCjQgMCBvYmogPDwvTGVuZ3RoIDIzIC9GaWx0ZXIgL0ZsYXRlRGVjb2RlPj4K\r\n"
    "c3RyZWFtCniccwpR0ChJrSjRVAjJUnANAQAjNARkCmVuZHN0cmVhbQplbmRvYmoKeHJlZgp0\r\n"
    "cmFpbGVyIDw8L1Jvb3QgMSAwIFI+PgolJUVPRgo=\r\n"
    "--b\r\nContent-Type: application/zip; name=a.docx\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "UEsDBBQAAAAAAAAAIQAeEi/dTgAAAE4AAAARAAAAd29yZC9kb2N1bWVudC54bWw8P3htbCB2\r\n"
    "ZXJzaW9uPSIxLjAiIGVuY29kaW5nPSJVVEYtOCI/Pjx3OmRvY3VtZW50Pjx3OnA+dGV4dDwv\r\n"
    "dzpwPjwvdzpkb2N1bWVudD5QSwMEFAAAAAAAAAAhAD1DOrMOAAAADgAAAAUAAABhLnR4dHRl\r\n"
    "eHQgdGV4dCB0ZXh0UEsBAhQDFAAAAAAAAAAhAB4SL91OAAAATgAAABEAAAAAAAAAAAAAAIAB\r\n"
    "AAAAAHdvcmQvZG9jdW1lbnQueG1sUEsBAhQDFAAAAAAAAAAhAD1DOrMOAAAADgAAAAUAAAAA\r\n"
    "AAAAAAAAAIABfQAAAGEudHh0UEsFBgAAAAACAAIAcgAAAK4AAAAAAA==\r\n"
    "--b\r\nContent-Type: image/png; name=a.png\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQS\r\n"
    "ACj/P8Fu7N9hAAAAAElFTkSuQmCC\r\n"
    "--b--\r\n";
constexpr std::string_view text = "From: a@example.org\r\nSubject: a\r\n\r\ntext\r\n";

constexpr std::array all = {message, text};

}  // namespace

std::span<const std::string_view> samples() {
  return all;
}

}  // namespace postern::io
