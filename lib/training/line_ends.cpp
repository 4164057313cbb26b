#include "lib/training/line_ends.hpp"

namespace postern::training {

void LineEnds::add(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    const std::size_t at = piece.find_first_of("\r\n");
    if (at != 0) {
      end(out);
      out.append(piece.substr(0, at));
    } else if (piece.front() == '\n') {
      pending_ = 0;
      out.append("\r\n");
    } else {
      ++pending_;
    }
    piece.remove_prefix(at == piece.npos ? piece.size() : at == 0 ? 1 : at);
  }
}

void LineEnds::end(std::string& out) {
  out.append(pending_, '\r');
  pending_ = 0;
}

std::string with_line_ends(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  LineEnds line_ends;
  line_ends.add(text, out);
  line_ends.end(out);
  return out;
}

}  // namespace postern::training
