// Canonicalization of a body that comes in pieces (RFC 6376 §3.4.3 and §3.4.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::dkim {

enum class Canonicalization { simple, relaxed };

/// Takes canonicalized octets. The text is valid during the call.
class OctetSink {
 public:
  OctetSink() = default;
  OctetSink(const OctetSink&) = delete;
  OctetSink& operator=(const OctetSink&) = delete;
  virtual ~OctetSink() = default;

  virtual void put(std::string_view octets) = 0;
};

/// Passes a body on in canonical form. What need not change goes to the sink as the spans that
/// came in; memory use does not depend on the body. Bare CR and LF are data. Borrows the sink.
class BodyCanonicalizer {
 public:
  BodyCanonicalizer(Canonicalization canonicalization, OctetSink& sink)
      : canonicalization_(canonicalization), sink_(sink) {}

  void update(std::string_view bytes);
  /// Ends the body; nothing may follow.
  void finish();

 private:
  // Relaxed: white space. What is left goes to hold_empty_lines().
  void reduce(std::string_view bytes);
  [[nodiscard]] std::size_t rewrite(std::string_view bytes);
  // Both: keeps back the empty lines that may turn out to be the last ones.
  void hold_empty_lines(std::string_view bytes);
  void put(std::string_view octets);

  Canonicalization canonicalization_;
  OctetSink& sink_;
  bool blank_ = false;           // a run of white space is read, but not yet dropped or passed on
  bool cr_after_blank_ = false;  // and after it a CR at the end of a piece
  std::uint64_t line_ends_ = 0;  // CRLFs kept back
  bool cr_ = false;              // and after them a CR at the end of a piece
  bool is_empty_ = true;         // nothing has reached the sink
};

}  // namespace postern::dkim
