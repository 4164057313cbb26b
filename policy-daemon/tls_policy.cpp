#include "policy-daemon/tls_policy.hpp"

#include <utility>

#include "lib/event/catalogue.hpp"

namespace postern {
namespace {

store::Time wall_clock() {
  return std::chrono::time_point_cast<store::Time::duration>(std::chrono::system_clock::now());
}

}  // namespace

TlsPolicyLookup::TlsPolicyLookup(Services& services, io::HttpsFetcher& fetcher,
                                 mta_sts::Request request, Done done)
    : services_(services),
      fetcher_(fetcher),
      site_(services.site),
      request_(std::move(request)),
      done_(std::move(done)) {}

void TlsPolicyLookup::start() {
  // Keeps us alive while answers are on their way: finish() lets it go.
  deadline_ = services_.loop.after(site_->mta_sts.timeout,
                                   [self = shared_from_this()] { self->on_late(); });
  advance();
}

void TlsPolicyLookup::advance() {
  while (done_) {
    const mta_sts::Evaluation evaluation =
        mta_sts::evaluate(request_, site_->mta_sts.options(), answers_, known_,
                          fetched_ ? &*fetched_ : nullptr, wall_clock());
    if (const auto* outcome = std::get_if<mta_sts::Outcome>(&evaluation)) return finish(*outcome);
    if (!ask(std::get<mta_sts::Needs>(evaluation))) return;
  }
}

// Whether something was known at once, so that evaluating again is of use.
bool TlsPolicyLookup::ask(const mta_sts::Needs& needs) {
  if (needs.fetch && is_late_) {
    fetched_ = Unexpected<std::string>("no answer in time");
    return true;
  }
  if (needs.fetch) fetch(*needs.fetch);
  ask_store(needs.operations);
  return ask_dns(needs.questions);
}

void TlsPolicyLookup::ask_store(const std::vector<store::Operation>& operations) {
  std::vector<store::Operation> fresh;
  for (const store::Operation& operation : operations) {
    if (asked_.insert(operation).second) fresh.push_back(operation);
  }
  if (fresh.empty()) return;
  services_.store.run(
      fresh, [self = shared_from_this(), fresh](const io::StoreWorker::Results& results) {
        for (std::size_t i = 0; i < fresh.size(); ++i) {
          // A store that fails holds no policy: it is fetched, as for a domain met first.
          self->known_.add(fresh[i], results ? (*results)[i] : store::Result(store::Value{}));
        }
        self->advance();
      });
}

bool TlsPolicyLookup::ask_dns(const dns::Questions& questions) {
  if (questions.empty()) return false;
  if (is_late_) {
    dns::Answer timeout;
    timeout.status = dns::Status::timeout;
    for (const dns::Question& question : questions) answers_.add(question, timeout);
    return true;
  }
  if (!inquiry_) {
    io::Budget budget;
    budget.question = site_->mta_sts.timeout;
    inquiry_ =
        services_.resolver.inquiry(budget, [&loop = services_.loop, weak = weak_from_this()] {
          loop.post([weak] {
            if (const auto self = weak.lock()) self->on_arrival();
          });
        });
  }
  inquiry_->ask(questions);
  return inquiry_->collect(answers_);
}

void TlsPolicyLookup::on_arrival() {
  if (inquiry_ && inquiry_->collect(answers_)) advance();
}

void TlsPolicyLookup::fetch(const mta_sts::Fetch& fetch) {
  if (std::exchange(fetching_, true)) return;
  fetcher_.fetch({fetch.url, fetch.addresses}, [self = shared_from_this(), &loop = services_.loop](
                                                   const io::HttpsResult& result) {
    loop.post([self, result] {
      if (!self->fetched_) self->fetched_ = result;
      self->advance();
    });
  });
}

void TlsPolicyLookup::on_late() {
  is_late_ = true;
  advance();
}

void TlsPolicyLookup::finish(const mta_sts::Outcome& outcome) {
  const auto self = shared_from_this();
  const Done done = std::exchange(done_, nullptr);
  deadline_ = {};
  inquiry_.reset();
  if (!outcome.writes.empty()) services_.store.run(outcome.writes, nullptr);
  done(outcome);
}

}  // namespace postern
