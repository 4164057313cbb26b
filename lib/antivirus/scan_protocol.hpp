// What the client of a scanner and postern-avscan tell each other, a packet each (SOCK_SEQPACKET).
//
// A scan request comes with one descriptor: sealed memory that holds the objects one after another
// and nothing else. Its answer has one outcome for each object. Control requests come without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antivirus/outcome.hpp"
#include "lib/base/result.hpp"

namespace postern::antivirus {

/// Objects of one request.
inline constexpr std::size_t max_objects = 128;
inline constexpr std::size_t max_packet_size = 65'536;  ///< Octets of a request or an answer.

enum class ObjectKind {
  message,     ///< As it came: header section, empty line, body.
  attachment,  ///< Decoded.
};

/// What a child is told not to look into.
enum class Known {
  nothing,
  outcome,  ///< Leave the object out, and answer skipped.
  clean,    ///< Likewise, and also where a message holds just these octets.
};

struct Object {
  ObjectKind kind = ObjectKind::message;
  std::uint64_t size = 0;  ///< Octets.
  /// SHA-256 of them, in 64 lower-case hexadecimal digits; empty if its outcome need not be
  /// remembered.
  std::string digest;
  Known known = Known::nothing;  ///< Of no meaning in a client's request.
};

/// "scan1 objects=message:1200:DIGEST,attachment:33000:DIGEST:clean"; "-" is an empty digest.
struct ScanRequest {
  std::vector<Object> objects;
};
[[nodiscard]] std::string format(const ScanRequest& request);
[[nodiscard]] Parsed<ScanRequest> parse_scan_request(std::string_view text);

/// "scanned1 generation=ID outcomes=clean,infected:Eicar-Test-Signature,skipped:memory"; names are
/// escaped.
struct ScanAnswer {
  std::string generation;  ///< Of the signatures, at most 64 octets; empty if none was loaded.
  std::vector<Outcome> outcomes;  ///< One for each object, in their order.
};
[[nodiscard]] std::string format(const ScanAnswer& answer);
[[nodiscard]] Parsed<ScanAnswer> parse_scan_answer(std::string_view text);

/// What can be asked of the supervisor besides a scan: "status1" or "reload1". Anybody who may
/// connect may ask.
enum class ControlRequest { status, reload };
[[nodiscard]] std::string format(ControlRequest request);
[[nodiscard]] Parsed<ControlRequest> parse_control_request(std::string_view text);

}  // namespace postern::antivirus
