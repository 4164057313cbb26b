#include "lib/signing/line_breaker.hpp"

#include <algorithm>

namespace postern::signing {

// Octets of one line, its end not among them.
void LineBreaker::put_in_line(std::string_view octets, const Sink& sink) {
  while (!octets.empty()) {
    if (owes_break_) {
      sink("\r\n ");
      room_ = limit_ - 1;
      owes_break_ = false;
    }
    const std::size_t size = std::min(octets.size(), room_);
    sink(octets.substr(0, size));
    octets.remove_prefix(size);
    room_ -= size;
    owes_break_ = room_ == 0;
  }
}

void LineBreaker::finish(const Sink& sink) {
  if (owes_cr_) put_in_line("\r", sink);
  owes_cr_ = false;
}

void LineBreaker::put(std::string_view bytes, const Sink& sink) {
  if (limit_ < 2) return sink(bytes);
  while (!bytes.empty()) {
    if (owes_cr_) {
      owes_cr_ = false;
      if (bytes.front() == '\n') {
        sink("\r\n");
        bytes.remove_prefix(1);
        room_ = limit_;
        owes_break_ = false;
        continue;
      }
      put_in_line("\r", sink);
    }
    const std::size_t cr = std::min(bytes.find('\r'), bytes.size());
    put_in_line(bytes.substr(0, cr), sink);
    bytes.remove_prefix(cr);
    if (bytes.empty()) return;
    bytes.remove_prefix(1);
    owes_cr_ = true;
  }
}

}  // namespace postern::signing
