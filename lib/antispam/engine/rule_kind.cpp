#include "lib/antispam/engine/rule_kind.hpp"

namespace postern::antispam {
namespace {

RuleKind kind_of_text(TextKind kind) {
  switch (kind) {
    case TextKind::body: return RuleKind::body;
    case TextKind::rawbody: return RuleKind::rawbody;
    case TextKind::uri: return RuleKind::uri;
    case TextKind::full: return RuleKind::full;
  }
  return RuleKind::full;
}

RuleKind kind_of_eval(EvalTest::Kind kind) {
  switch (kind) {
    case EvalTest::Kind::header: return RuleKind::header_eval;
    case EvalTest::Kind::body: return RuleKind::body_eval;
    case EvalTest::Kind::rawbody: return RuleKind::rawbody_eval;
    case EvalTest::Kind::full: return RuleKind::full_eval;
  }
  return RuleKind::full_eval;
}

}  // namespace

RuleKind kind_of(const RuleTest& test) {
  if (const auto* text = std::get_if<TextTest>(&test)) return kind_of_text(text->kind);
  if (const auto* eval = std::get_if<EvalTest>(&test)) return kind_of_eval(eval->kind);
  if (const auto* header = std::get_if<HeaderTest>(&test)) {
    return header->of_parts ? RuleKind::body_eval : RuleKind::header;
  }
  if (std::holds_alternative<UriDetailTest>(test)) return RuleKind::body_eval;
  return std::holds_alternative<MetaTest>(test) ? RuleKind::meta : RuleKind::header;
}

}  // namespace postern::antispam
