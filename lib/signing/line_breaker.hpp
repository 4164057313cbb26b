// Long lines as Postfix sends them: broken, so that a signature is over what leaves this host.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace postern::signing {

/// smtp(8) of Postfix writes at most smtp_line_length_limit octets before a line end; what is left
/// follows on a line of its own that begins with a space and has one octet less. A signature over
/// the line as it came would fail at every receiver.
class LineBreaker {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// \param limit  Octets of a line without its line end; 0 for no limit.
  explicit LineBreaker(std::size_t limit) : limit_(limit), room_(limit) {}

  /// Gives the octets on, broken where needed.
  /// \param bytes  The next piece of the body, with CRLF line ends; pieces may end anywhere.
  void put(std::string_view bytes, const Sink& sink);
  /// Gives on what was held back at the end of the body.
  void finish(const Sink& sink);

 private:
  void settle_cr(std::string_view& bytes, const Sink& sink);

  std::size_t limit_;
  std::size_t room_;      // octets that the present line still takes
  bool owes_cr_ = false;  // a CR that may be the half of a line end
};

}  // namespace postern::signing
