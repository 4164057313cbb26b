#include "lib/signing/line_breaker.hpp"

#include <algorithm>

namespace postern::signing {

// Lines that need no break, which is nearly all of them, are given on together with their
// neighbours: who hashes them is the faster the longer the pieces are.
void LineBreaker::put(std::string_view bytes, const Sink& sink) {
  if (limit_ < 2) return sink(bytes);
  if (owes_cr_ && !bytes.empty()) settle_cr(bytes, sink);
  std::size_t given = 0;  // octets of `bytes` given on
  std::size_t at = 0;
  const auto give_until = [&](std::size_t end) {
    if (end > given) sink(bytes.substr(given, end - given));
    given = end;
  };
  const auto take_octets = [&](std::size_t count) {
    while (count > room_) {
      at += room_;
      count -= room_;
      give_until(at);
      sink("\r\n ");
      room_ = limit_ - 1;
    }
    at += count;
    room_ -= count;
  };
  while (at < bytes.size()) {
    take_octets(std::min(bytes.find('\r', at), bytes.size()) - at);
    if (at == bytes.size()) break;
    if (at + 1 == bytes.size()) {
      give_until(at);
      owes_cr_ = true;
      return;
    }
    if (bytes[at + 1] != '\n') {
      take_octets(1);
      continue;
    }
    at += 2;
    room_ = limit_;
  }
  give_until(at);
}

// Says of the CR at the end of the piece before what it was, now that more has come.
void LineBreaker::settle_cr(std::string_view& bytes, const Sink& sink) {
  if (bytes.front() != '\n') return finish(sink);
  owes_cr_ = false;
  sink("\r\n");
  bytes.remove_prefix(1);
  room_ = limit_;
}

void LineBreaker::finish(const Sink& sink) {
  if (!owes_cr_) return;
  owes_cr_ = false;
  if (room_ == 0) {
    sink("\r\n ");
    room_ = limit_ - 1;
  }
  sink("\r");
  --room_;
}

}  // namespace postern::signing
