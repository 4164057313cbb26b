#include "policy-daemon/tls_policy.hpp"

#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/wall_clock.hpp"

namespace postern {

TlsPolicyLookup::TlsPolicyLookup(Services& services, io::HttpsFetcher& fetcher,
                                 mta_sts::Request request, Done done)
    : services_(services),
      fetcher_(fetcher),
      site_(services.site),
      request_(std::move(request)),
      done_(std::move(done)) {}

void TlsPolicyLookup::start() {
  const auto timeout = site_->mta_sts.timeout;
  knowledge_ = std::make_shared<Knowledge>(services_, timeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->advance();
  });
  // Keeps us alive while answers are on their way: finish() lets it go.
  deadline_ = services_.loop.after(timeout, [self = shared_from_this()] { self->on_late(); });
  advance();
}

void TlsPolicyLookup::advance() {
  while (done_) {
    const mta_sts::Evaluation evaluation =
        mta_sts::evaluate(request_, site_->mta_sts.options(), knowledge_->answers(),
                          knowledge_->known(), fetched_ ? &*fetched_ : nullptr, io::wall_clock());
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
  if (knowledge_->store_failed() && !needs.operations.empty()) {
    // A store that fails holds no policy: it is fetched, as for a domain met first.
    for (const store::Operation& operation : needs.operations) {
      knowledge_->assume(operation, store::Value{});
    }
    return true;
  }
  return knowledge_->ask(needs.questions, needs.operations);
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
  knowledge_->give_up_dns();
  advance();
}

void TlsPolicyLookup::finish(const mta_sts::Outcome& outcome) {
  const auto self = shared_from_this();
  const Done done = std::exchange(done_, nullptr);
  deadline_ = {};
  knowledge_.reset();
  if (!outcome.writes.empty()) services_.store.run(outcome.writes, nullptr);
  done(outcome);
}

}  // namespace postern
