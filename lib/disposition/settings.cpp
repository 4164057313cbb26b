// Parameters of the decision, in the sections of the checks they are about.
#include <array>

#include "lib/disposition/disposition.hpp"
#include "lib/disposition/words.hpp"

namespace postern::disposition {
namespace {

using config::row;

constexpr std::array table = {
    row<&Settings::mode>("mode", R"("observe")",
                         "Whether decisions are carried out. In observe mode every message is "
                         "accepted; what enforce "
                         "mode would do is logged and written into the message."),
    row<&Settings::on_limit>("limits.action", R"("reject")",
                             "What happens to a message that exceeds a limit of this section, "
                             "since it cannot be judged."),
    row<&Settings::reject_spf_fail>(
        "spf.reject_fail", "false",
        "Whether an SPF result of fail alone rejects. Forwarded mail fails SPF, so leave this off "
        "unless nobody forwards to you."),
    row<&Settings::spf_failure>(
        "spf.fail", R"("accept")",
        "What happens when SPF cannot be checked because DNS fails (temperror)."),
    row<&Settings::dkim_failure>("dkim.fail", R"("accept")",
                                 "What happens when no signature passes and a key cannot be had "
                                 "because DNS fails (temperror)."),
    row<&Settings::trusted_sealers>("arc.trusted_sealers", "[]",
                                    "Domains whose ARC seals are believed: a message that fails "
                                    "DMARC is accepted when its chain "
                                    "is valid and the first of the sealers trusted without a gap "
                                    "up to the last saw DMARC pass."),
    row<&Settings::dmarc_failure>(
        "dmarc.fail", R"("accept")",
        "What happens when DMARC cannot be evaluated because DNS fails (temperror)."),
    row<&Settings::on_dmarc_quarantine>(
        "dmarc.on_quarantine", R"("tag")",
        "What is done with a message that fails DMARC when its author domain asks for quarantine: "
        "tag marks it in X-Postern-Verdict for Sieve, hold keeps it in the hold queue of Postfix."),
    row<&Settings::on_bad_author>("dmarc.on_bad_author", R"("reject")",
                                  "What is done with a message whose From names no author, too "
                                  "many, or none that can be read, so "
                                  "that no policy can be found. Large providers reject such mail."),
    row<&Settings::dmarc_exceptions>("dmarc.exceptions", "[]",
                                     "Author domains whose DMARC policy is never applied."),
    row<&Settings::forwarder_networks>("dmarc.forwarder_networks", "[]",
                                       "Clients that forward mail to you, such as your old mailbox "
                                       "or a list server: from them the "
                                       "DMARC policy is not applied."),
    row<&Settings::forwarder_domains>(
        "dmarc.forwarder_domains", "[]",
        "The same by the domain of MAIL FROM, when its SPF check passes."),
    row<&Settings::check_author>(
        "submission.check_author", R"("off")",
        "What is done with a message of a user with a login whose addresses (From, Sender, "
        "Resent-From, MAIL FROM) are not all the user's own: off: it is not looked at; unsigned: "
        "it "
        "is sent without our signature; reject: it is rejected. An address is the user's own when "
        "it is the login, or when a table of submission.login_maps says so."),
    row<&Settings::submission_failure>(
        "submission.fail", R"("tempfail")",
        "What happens when a table of submission.login_maps cannot be read."),
    row<&Settings::signing_failure>(
        "signing.fail", R"("tempfail")",
        "What happens to mail of our users when keys of its author's domain are active and none of "
        "them can be used: its file is gone, damaged, or open to others. tempfail: the sender is "
        "told to try again, and the mail is signed once the key is mended. accept: it is sent "
        "without signature, and who receives it may take it for a forgery, which nobody here would "
        "see; that is why it is not the default. Keys that are pending or retired do not count: "
        "nobody has let them sign, so mail of their domain is sent unsigned. The log line of the "
        "message says why either way."),
};

}  // namespace

std::span<const config::Setting<Settings>> settings_table() {
  return table;
}

}  // namespace postern::disposition
