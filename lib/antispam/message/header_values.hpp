// What rules get when they name a field (PerMsgStatus::_get).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/relays/relay.hpp"

namespace postern::antispam {

/// Octets of the header as ALL shows it; what is beyond is left out.
constexpr std::size_t max_header_size = 65'536;
/// Addresses or names of one request; those beyond are left out.
constexpr std::size_t max_addresses = 10'000;

/// "From:addr:first" taken apart.
struct HeaderRequest {
  explicit HeaderRequest(std::string_view key);

  std::string_view name;
  bool raw = false, addr = false, phrase = false, host = false, domain = false, ip = false,
       revip = false, first = false, last = false;

  /// Whether SpamAssassin's callers take the first value only.
  [[nodiscard]] bool is_of_one() const;
};

/// Values of one message's header; each is made once.
class HeaderValues {
 public:
  /// \param fields            Of the message, without X-Spam-*.
  /// \param pristine          The header as it came, with the empty line.
  HeaderValues(const std::vector<NodeField>& fields, std::string_view pristine,
               const RenderEnvironment& environment);

  /// All instances that :first, :addr and so on leave; fields end with their newline.
  [[nodiscard]] const std::vector<std::string>& get(std::string_view key);
  [[nodiscard]] const RelayChain& relays();
  [[nodiscard]] const std::optional<std::string>& envelope_from();
  /// Whether ALL leaves something out.
  [[nodiscard]] bool is_truncated();

 private:
  using Values = std::vector<std::string>;

  [[nodiscard]] Values make(const HeaderRequest& request);
  [[nodiscard]] Values base_values(const HeaderRequest& request);
  [[nodiscard]] std::optional<Values> special_values(const HeaderRequest& request);
  [[nodiscard]] Values field_values(std::string_view name, bool raw) const;
  [[nodiscard]] Values message_ids(bool raw) const;
  [[nodiscard]] Values all(bool raw);
  [[nodiscard]] Values range(int first, std::optional<int> last, bool raw);
  [[nodiscard]] std::optional<std::string> metadata(std::string_view name);
  [[nodiscard]] Values parsed_addresses(const Values& lines, const HeaderRequest& request) const;
  [[nodiscard]] Values hosts(const Values& lines, const HeaderRequest& request) const;
  [[nodiscard]] std::optional<std::string> guess_envelope_from();
  [[nodiscard]] std::optional<std::string> relay_envelope_from();
  [[nodiscard]] std::optional<std::string> first_value(std::string_view key);
  [[nodiscard]] bool stands_below_received(std::string_view name) const;

  const std::vector<NodeField>& fields_;
  std::string_view pristine_;
  const RenderEnvironment& environment_;
  std::map<std::string, Values, std::less<>> cache_;
  std::optional<RelayChain> relays_;
  std::optional<std::optional<std::string>> envelope_from_;
  std::optional<Values> all_;
  bool is_truncated_ = false;
};

}  // namespace postern::antispam
