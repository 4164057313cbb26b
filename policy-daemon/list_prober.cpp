#include "policy-daemon/list_prober.hpp"

#include <utility>

#include "lib/event/catalogue.hpp"

namespace postern {
namespace {

constexpr std::chrono::seconds probe_timeout{10};
constexpr store::Lifetime health_lifetime = std::chrono::hours(7 * 24);

}  // namespace

struct ListProber::Round {
  std::vector<dnslist::List> open;  // not probed yet
  std::unique_ptr<io::Inquiry> inquiry;
  dns::Answers answers;
  bool is_late = false;
};

void ListProber::start() {
  round_.reset();
  deadline_ = {};
  next_ = {};
  const auto& lists = services_.site->policy.dnslist.lists;
  if (lists.empty()) return;
  std::vector<store::Operation> reads;
  reads.reserve(lists.size());
  for (const dnslist::List& list : lists) {
    reads.emplace_back(store::Get{dnslist::health_key(list.name)});
  }
  services_.store.run(reads, [this, lists](const auto&, const io::StoreWorker::Results& results) {
    for (std::size_t i = 0; results && i < lists.size(); ++i) {
      const auto* kept = std::get_if<store::Value>(&(*results)[i]);
      if (kept == nullptr || !kept->value) continue;
      const auto health = dnslist::parse_health(*kept->value);
      if (health) health_.restore(lists[i].name, *health);
    }
    use_active();
    probe_all();
  });
}

void ListProber::probe_all() {
  const auto& settings = services_.site->policy.dnslist;
  if (settings.lists.empty() || settings.probe_interval.count() == 0) return;
  round_ = std::make_shared<Round>();
  round_->open = settings.lists;
  io::Budget budget;
  budget.question = probe_timeout;
  // The loop's thread looks at answers; the resolver's thread only says that there are some.
  round_->inquiry = services_.resolver.inquiry(
      budget, [this, &loop = services_.loop] { loop.post([this] { on_arrival(); }); });
  deadline_ = services_.loop.after(probe_timeout, [this] {
    round_->is_late = true;
    advance(*round_);
  });
  advance(*round_);
}

void ListProber::on_arrival() {
  if (round_ && round_->inquiry->collect(round_->answers)) advance(*round_);
}

void ListProber::advance(Round& round) {
  std::vector<dnslist::List> open;
  for (dnslist::List& list : round.open) {
    auto found = dnslist::probe(list, round.answers);
    if (!found.is_done() && round.is_late) {
      dns::Answer timeout;
      timeout.status = dns::Status::timeout;
      for (const dns::Question& question : found.missing()) round.answers.add(question, timeout);
      found = dnslist::probe(list, round.answers);
    }
    if (found.is_done()) {
      note(list, found.result());
    } else {
      round.inquiry->ask(found.missing());
      open.push_back(std::move(list));
    }
  }
  round.open = std::move(open);
  if (round.open.empty()) return end_round();
  if (round.inquiry->collect(round.answers)) services_.loop.post([this] { on_arrival(); });
}

void ListProber::end_round() {
  deadline_ = {};
  // Not at once: the round may be on the stack.
  services_.loop.post([round = std::move(round_)] {});
  next_ =
      services_.loop.after(services_.site->policy.dnslist.probe_interval, [this] { probe_all(); });
}

void ListProber::note(const dnslist::List& list, const dnslist::ProbeResult& result) {
  const auto change = health_.note(list, result);
  if (!change) return;
  const event::Event& event = change->on ? event::list_on : event::list_off;
  services_.log.write(event, io::Log::line(event).add("detail", change->text));
  services_.store.run({store::Put{dnslist::health_key(list.name),
                                  dnslist::format(health_.of(list.name)), health_lifetime}},
                      nullptr);
  use_active();
}

void ListProber::use_active() {
  auto site = std::make_shared<io::Site>(*services_.site);
  site->policy.active_lists = active(*site);
  services_.site = std::move(site);
}

}  // namespace postern
