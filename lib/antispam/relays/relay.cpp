#include "lib/antispam/relays/relay.hpp"

namespace postern::antispam {

std::string Relay::text() const {
  std::string text = "[ ip=" + ip;
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(" ").append(name).append("=").append(value);
  };
  add("rdns", rdns);
  add("helo", helo);
  add("by", by);
  add("ident", ident);
  add("envfrom", envfrom == "0" ? std::string_view{} : envfrom);  // 0 is false in Perl
  add("intl", internal ? "1" : "0");
  add("id", id);
  add("auth", auth);
  add("msa", msa ? "1" : "0");
  return text + " ]";
}

std::string relays_text(const std::vector<Relay>& relays) {
  std::string text;
  for (const Relay& relay : relays) {
    if (!text.empty()) text += ' ';
    text += relay.text();
  }
  return text;
}

}  // namespace postern::antispam
