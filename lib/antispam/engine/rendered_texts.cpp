#include "lib/antispam/engine/rendered_texts.hpp"

namespace postern::antispam {
namespace {

std::vector<std::string_view> views_of(const std::vector<PerlString>& texts) {
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (const PerlString& text : texts) views.emplace_back(text.bytes);
  return views;
}

}  // namespace

std::optional<std::string_view> RenderedTexts::header(const HeaderKey& key) {
  const std::optional<PerlString>& value = message_.header(key);
  if (!value) return std::nullopt;
  return value->bytes;
}

std::span<const std::string_view> RenderedTexts::lines(TextKind kind) {
  auto& place = lines_[static_cast<std::size_t>(kind)];
  if (!place) place = make(kind);
  return *place;
}

std::vector<std::string_view> RenderedTexts::make(TextKind kind) {
  switch (kind) {
    case TextKind::body: return {message_.body().begin(), message_.body().end()};
    case TextKind::rawbody: return views_of(message_.rawbody());
    case TextKind::uri: return views_of(message_.uris());
    case TextKind::full: return {message_.full()};
  }
  return {};
}

}  // namespace postern::antispam
