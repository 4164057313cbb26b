// Any octets as an attachment and as its name: findings are bounded, and their words printable.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/attachments/content.hpp"
#include "lib/attachments/evaluate.hpp"
#include "lib/attachments/file_name.hpp"
#include "lib/mail/charset.hpp"

using namespace postern;
using fuzz::require;

namespace {

archive::Inflated keep(std::string_view packed, std::size_t max_size) {
  archive::Inflated result;
  result.content = std::string(packed.substr(0, max_size));
  result.consumed = result.content.size();
  result.end = result.consumed < packed.size() ? archive::Inflated::End::full
                                               : archive::Inflated::End::whole;
  return result;
}

void check_name(std::string_view name) {
  const attachments::NameSigns signs = attachments::read_name(name);
  require(signs.readings.size() <= 9);
  for (const attachments::Extensions& reading : signs.readings) {
    for (const std::string* extension : {&reading.last, &reading.before}) {
      require(extension->size() <= name.size() && fuzz::is_printable(*extension));
      require(extension->find('.') == std::string::npos);
    }
  }
}

const attachments::Settings& settings() {
  static const attachments::Settings defaults = attachments::load_settings({}).value();
  return defaults;
}

void check_content(std::string_view text) {
  const std::size_t cut = std::min<std::size_t>(text.size() / 4, 30);
  const std::string name = mail::unlabelled_to_utf8(text.substr(0, cut));
  const mail::Attachment attachment{1, "image/png", {name}, std::string(text.substr(cut))};
  const auto outcome = attachments::evaluate({attachment}, settings(), {keep, nullptr});
  constexpr std::size_t kinds = 9;
  require(outcome.findings.size() <= kinds * attachments::max_findings);
  for (const attachments::Finding& finding : outcome.findings) {
    require(fuzz::is_printable(attachments::describe(finding)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_name(text);
  check_name(fuzz::in_letters(text, std::string_view("a.:\0 /\\\"{e", 10)));
  (void)attachments::program_kind(text);
  check_content(text);
  return 0;
}
