#include "lib/antivirus/report.hpp"

namespace postern::antivirus {

Outcome gravest(const Report& report) {
  Outcome worst;
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.result > worst.result) worst = outcome;
  }
  return worst;
}

}  // namespace postern::antivirus
