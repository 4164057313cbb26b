// Parameters of the decision, in the sections of the checks they are about.
#include <array>

#include "lib/disposition/disposition.hpp"
#include "lib/disposition/words.hpp"

namespace postern::disposition {
namespace {

using config::row;

constexpr std::array table = {
    config::Setting<Settings>{
        {"mode", config::ValueType<Mode>::name, R"("observe")",
         "Whether decisions are carried out. In observe mode every message is accepted; what "
         "enforce mode would do is logged and written into the message."},
        [](Settings& settings, const config::Value& value) {
          return config::assign(settings.enforcement.mode, value);
        }},
    config::Setting<Settings>{
        {"enforce", config::ValueType<std::vector<std::string>>::name, "[]",
         "What is carried out though mode is \"observe\": checks of the milter (spf, dkim, dmarc, "
         "attachments, antivirus, antispam, submission, signing, and unjudged, which is about "
         "messages over "
         "a limit of section [limits]), and rules of policy.rules by their names. "
         "*postern enforce* and *postern observe* write it."},
        [](Settings& settings, const config::Value& value) {
          return config::assign(settings.enforcement.names, value);
        }},
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
    row<&Settings::on_infected>(
        "antivirus.on_infected", R"("reject")",
        "What is done with a message in which a signature matched: reject tells the sender; hold "
        "keeps it in the hold queue of Postfix; discard throws it away without a word; tag "
        "delivers it with the name in X-Postern-Verdict."),
    row<&Settings::on_unscannable>(
        "antivirus.on_unscannable", R"("hold")",
        "What is done with a message that cannot be scanned: it is over a limit, damaged, or the "
        "scanner died or took too long over it, twice. It may hold anything."),
    row<&Settings::on_encrypted>("antivirus.on_encrypted", R"("tag")",
                                 "What is done with a message of which a part opens only with a "
                                 "password, so that nobody can look into it."),
    row<&Settings::on_macro>("antivirus.on_macro", R"("tag")",
                             "What is done with a message that has a document with macros."),
    row<&Settings::on_skipped>(
        "antivirus.on_skipped", R"("accept")",
        "What is done with a message that is not scanned, or not all of it, since the host is "
        "short of memory (scanner.memory_floor)."),
    row<&Settings::antivirus_failure>("antivirus.fail", R"("tempfail")",
                                      "What happens when no scanner answers."),
    row<&Settings::spam_hold_score>(
        "antispam.hold_score", "0.0",
        "Score from which a message is kept in the hold queue of Postfix. 0: never."),
    row<&Settings::spam_reject_score>(
        "antispam.reject_score", "15.0",
        "Score from which a message is rejected, so that an honest sender hears of it. 0: never. "
        "Below it spam is delivered and tagged."),
    row<&Settings::antispam_failure>(
        "antispam.fail", R"("accept")",
        "What happens while there are no rules to judge by, and to a "
        "message that takes longer than antispam.budget and is no spam "
        "by what was found until then."),
    row<&Settings::on_program>(
        "attachments.on_executable", R"("reject")",
        "What is done with a message that has a program by its octets, whatever it is called, "
        "attached or in an archive: of Windows, ELF, Mach-O, Java, Android, a Windows shortcut, an "
        "HTML application; a script only where its name or type say that it is no text."),
    row<&Settings::on_extension>(
        "attachments.on_extension", R"("reject")",
        "What is done about an attachment with an extension of attachments.banned_extensions."),
    row<&Settings::on_extension_in_archive>(
        "attachments.on_extension_in_archive", R"("reject")",
        "The same of a file in an archive. Among people who send each other sources, \"tag\" is "
        "milder: an archive of a web site holds .js."),
    row<&Settings::on_deceptive_name>(
        "attachments.on_deceptive_name", R"("reject")",
        "What is done about a name that hides what the file is: a banned extension behind one of a "
        "document (invoice.pdf.exe), or characters that turn the order of others about."),
    row<&Settings::on_type_mismatch>(
        "attachments.on_type_mismatch", R"("tag")",
        "What is done about an archive that is called an image, a recording, PDF, or text, and "
        "about a web page that is called one of the first three."),
    row<&Settings::on_encrypted_archive>(
        "attachments.on_encrypted", R"("accept")",
        "What is done about an archive of which files, or their names, open only with a password. "
        "antivirus.on_encrypted asks the same of more formats."),
    row<&Settings::on_damaged_archive>(
        "attachments.on_damaged", R"("tag")",
        "What is done about an archive that is cut or damaged, or made so that readers find "
        "different files in it."),
    row<&Settings::on_unread_archive>(
        "attachments.on_unread", R"("accept")",
        "What is done about an archive of a kind that is not opened here: rar, 7z, cab, and more."),
    row<&Settings::on_attachment_limit>(
        "attachments.on_limit", R"("tag")",
        "What is done with a message of whose attachments not all was looked at because of a limit "
        "of this section, of mime, or of limits.body_size."),
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
