#include "cli/rules_inputs.hpp"

#include <algorithm>
#include <utility>

namespace postern::cli {
namespace {

using antispam::HtmlResults;
using antispam::MimeNode;
using antispam::PerlString;
using antispam::RenderedMessage;
using nlohmann::json;

json string(std::string_view octets, bool is_characters) {
  return json::array({is_characters ? 1 : 0, latin1_text(octets)});
}

json string(const PerlString& text) {
  return string(text.bytes, text.is_characters);
}

template <typename Texts>
json strings(const Texts& texts) {
  json list = json::array();
  for (const auto& text : texts) list.push_back(string(text));
  return list;
}

json lines_of(const std::vector<std::string>& lines) {
  json list = json::array();
  for (const std::string& line : lines) list.push_back(string(line, false));
  return list;
}

json html_results(const HtmlResults& html) {
  json result = {{"inside", html.inside}, {"uris", json::object()}, {"title", json::array()}};
  for (const auto& [name, number] : html.numbers) result[name] = number;
  for (const auto& [name, texts] : html.texts) result[name] = strings(texts);
  for (const antispam::HtmlLink& link : html.links) {
    std::vector<std::string> types = link.types;
    std::sort(types.begin(), types.end());
    result["uris"][latin1_text(link.uri.bytes)] = {{"types", types},
                                                   {"anchor_text", strings(link.anchor_texts)}};
  }
  return result;
}

json mime_node(const MimeNode& node) {
  if (!node.is_leaf()) {
    return json::array({node.depth, latin1_text(node.type), nullptr, nullptr, nullptr, nullptr});
  }
  const auto or_null = [](const std::string& text) {
    return text.empty() ? json() : string(text, false);
  };
  return json::array({node.depth, latin1_text(node.type), latin1_text(node.effective_type),
                      or_null(node.name), or_null(node.charset), node.decoded.size()});
}

json flags_of(const antispam::ParseFlags& flags) {
  const std::pair<const char*, bool> all[] = {
      {"missing_head_body_separator", flags.missing_head_body_separator},
      {"missing_mime_headers", flags.missing_mime_headers},
      {"missing_mime_head_body_separator", flags.missing_mime_head_body_separator},
      {"mime_epilogue_exists", flags.mime_epilogue_exists},
      {"truncated_header", flags.truncated_header},
      {"mimepart_limit_exceeded", flags.mimepart_limit_exceeded}};
  json names = json::array();
  for (const auto& [name, is_set] : all) {
    if (is_set) names.push_back(name);
  }
  return names;
}

json relays_of(const antispam::RelayChain& chain) {
  const auto text = [](const std::vector<antispam::Relay>& relays) {
    return string(antispam::relays_text(relays), false);
  };
  return {{"X-Spam-Relays-Trusted", text(chain.trusted)},
          {"X-Spam-Relays-Untrusted", text(chain.untrusted)},
          {"X-Spam-Relays-Internal", text(chain.internal)},
          {"X-Spam-Relays-External", text(chain.external)}};
}

}  // namespace

std::set<antispam::HeaderKey> header_keys(const antispam::RuleSet& rules) {
  std::set<antispam::HeaderKey> keys;
  for (const antispam::Rule& rule : rules.rules) {
    const auto* const test = std::get_if<antispam::HeaderTest>(&rule.test);
    if (test != nullptr && !test->of_parts) keys.insert(test->header);
  }
  return keys;
}

std::string latin1_text(std::string_view octets) {
  std::string utf8;
  for (const char c : octets) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0U | code >> 6U);
      utf8 += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }
  return utf8;
}

json rules_inputs(RenderedMessage& message, const std::vector<std::string>& body,
                  const std::set<antispam::HeaderKey>& headers) {
  json inputs = {{"headers", json::object()},
                 {"body", lines_of(body)},
                 {"mime", json::array()},
                 {"html", json::array()}};
  for (const antispam::HeaderKey& key : headers) {
    const auto& value = message.header(key);
    inputs["headers"][key.text()] = value ? string(*value) : json();
  }
  if (message.body() != body) inputs["body_after"] = lines_of(message.body());
  inputs["rawbody"] = strings(message.rawbody());
  inputs["uris"] = strings(message.uris());
  inputs["relays"] = relays_of(message.relays());
  const auto envelope_from = message.envelope_from();
  inputs["envelope_from"] = envelope_from ? string(*envelope_from, false) : json();
  for (const HtmlResults* html : message.html()) inputs["html"].push_back(html_results(*html));
  for (const MimeNode* node : message.nodes()) inputs["mime"].push_back(mime_node(*node));
  inputs["flags"] = flags_of(message.parse_flags());
  return inputs;
}

}  // namespace postern::cli
