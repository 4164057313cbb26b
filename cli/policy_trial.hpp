// Runs the rules of the policy daemon over one request, against DNS and a store of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/io/resolver/resolver.hpp"
#include "lib/io/site/site.hpp"
#include "lib/policy/evaluate.hpp"
#include "lib/store/memory_store.hpp"

namespace postern::cli {

/// A site whose store begins empty and stays in memory: nothing of the daemon's is touched.
class PolicyTrial {
 public:
  /// Both outlive the trial.
  PolicyTrial(const io::Site& site, io::Resolver& resolver) : site_(site), resolver_(resolver) {}

  struct Outcome {
    policy::Decision decision;
    std::vector<policy::RuleTrace> trace;
  };

  /// Evaluates to the end, and does what the decision would write.
  /// \param now  When the request comes.
  [[nodiscard]] Outcome run(const policy::Request& request, store::Time now);

 private:
  const io::Site& site_;
  io::Resolver& resolver_;
  store::MemoryStore store_;
};

}  // namespace postern::cli
