#include "lib/report/reputation_event.hpp"

namespace postern::report {
namespace {

using authres::Result;
using disposition::Action;
using reputation::EventKind;

// How good or bad the message is, and how sure that is.
struct Opinion {
  EventKind kind = EventKind::ham;
  double weight = 1;
};

bool spf_passes(const verdict::Findings& findings) {
  return findings.spf && findings.spf->result == Result::pass;
}

std::optional<Opinion> opinion_of(const Verdict& verdict) {
  if (verdict.decision.wanted == Action::defer) return std::nullopt;  // it comes again
  const auto& scan = verdict.findings.antivirus;
  if (scan && antivirus::gravest(*scan).result == antivirus::Result::infected) {
    return Opinion{EventKind::virus, 1};
  }
  if (!verdict.decision.blames_sender) return std::nullopt;
  switch (verdict.decision.wanted) {
    case Action::defer: return std::nullopt;
    case Action::tag: return Opinion{EventKind::spam, doubtful_weight};
    case Action::quarantine:
    case Action::discard:
    case Action::reject:
      return Opinion{EventKind::spam, spf_passes(verdict.findings) ? doubtful_weight : 1};
    case Action::accept: break;
  }
  const auto& dmarc = verdict.findings.dmarc;
  if (!dmarc || dmarc->result != Result::pass) return std::nullopt;
  return Opinion{EventKind::ham, authenticated_weight};
}

// The policy daemon looks clients up by the domain that SPF has proved, so that one comes first.
std::string_view proved_domain(const verdict::Findings& findings) {
  if (findings.spf && spf_passes(findings)) return findings.spf->domain;
  if (findings.dmarc && findings.dmarc->result == Result::pass) {
    return findings.dmarc->author_domain;
  }
  return {};
}

}  // namespace

std::optional<reputation::Event> reputation_event(const Verdict& verdict,
                                                  const verdict::Envelope& envelope,
                                                  std::string_view id) {
  if (verdict.facts.direction != disposition::Direction::inbound) return std::nullopt;
  if (envelope.client_ip == IpAddress()) return std::nullopt;  // nobody knows it
  if (!verdict.findings.unjudged.empty()) return std::nullopt;
  // A trusted forwarder or list is not to blame for what passes through it.
  if (!verdict.decision.override_reason.empty()) return std::nullopt;
  const auto opinion = opinion_of(verdict);
  if (!opinion) return std::nullopt;
  reputation::Event event;
  event.kind = opinion->kind;
  event.weight = opinion->weight;
  event.client = envelope.client_ip;
  event.helo = envelope.helo;
  event.domain = proved_domain(verdict.findings);
  event.id = id;
  return event;
}

}  // namespace postern::report
