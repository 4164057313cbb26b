// Every line a daemon can log: its name, what it means, and what to do about it.
#pragma once

#include <span>
#include <string_view>

namespace postern::event {

enum class Severity { info, warning, error };
[[nodiscard]] std::string_view to_word(Severity severity);

struct Event {
  std::string_view name;  ///< "event=NAME" begins the line.
  Severity severity = Severity::info;
  std::string_view fields;   ///< Keys that may follow.
  std::string_view meaning;  ///< For the manual.
  std::string_view remedy;   ///< For the manual; empty when there is nothing to do.
};

inline constexpr Event message{
    "message", Severity::info,
    "queue_id client_ip helo mail_from_domain author_domain direction "
    "spf spf_helo dkim arc dmarc policy virus virus_name scan_ms attachments spam spam_reason "
    "score "
    "rules listed rules_over_limit rules_unasked spam_budget submission signed "
    "unsigned action "
    "wanted "
    "reason override limits removed dns_ms ms",
    "One message was judged. `action` is what was done, `wanted` what "
    "enforce mode would do. `signed` names the keys that signed, after arc/ the one that sealed "
    "mail "
    "of a stranger; `unsigned` says why there is none. Local parts of "
    "addresses, subjects, and file names are never logged; the queue id "
    "finds the rest in the log of Postfix.",
    ""};
inline constexpr Event started{"started", Severity::info, "version config socket mode authserv_id",
                               "The daemon listens. `config` is the file that it has read, or says "
                               "that there is none.",
                               ""};
inline constexpr Event stopping{"stopping", Severity::info, "signal",
                                "The daemon was told to stop and waits for messages in flight.",
                                ""};
inline constexpr Event stopped{
    "stopped", Severity::info, "unfinished not_begun",
    "The daemon has stopped. Messages counted as unfinished, and those announced (not_begun) whose "
    "content had not come, were cut off; Postfix answers them as its milter_default_action says.",
    "If unfinished is often above 0, raise milter.stop_timeout, and "
    "TimeoutStopSec of the unit with it."};
inline constexpr Event reloaded{"reloaded", Severity::info, "config mode authserv_id",
                                "The configuration was read again; messages that begin now use it.",
                                ""};
inline constexpr Event reload_failed{
    "reload-failed", Severity::error, "problem",
    "The configuration cannot be read; the old one stays in use.",
    "Correct the file and line named, try it with `postern config check`, and reload again."};
inline constexpr Event restart_needed{"restart-needed", Severity::warning, "parameter",
                                      "A parameter that is read at start only has changed.",
                                      "Restart the daemon when it suits."};
inline constexpr Event callback_failed{
    "callback-failed", Severity::error, "where what",
    "The milter failed on a message, which got the answer that milter.fail names.",
    "Report it as a bug with this line, unless `what` says that memory or descriptors are "
    "lacking."};
inline constexpr Event milter_silent{
    "milter-silent", Severity::error, "problem",
    "The milter does not answer at its own socket. If that lasts, systemd ends and restarts it.",
    "Look for descriptors, memory, or processor time that are lacking; if there is enough of them, "
    "report it as a bug."};
inline constexpr Event action_refused{
    "action-refused", Severity::error, "queue_id what",
    "Postfix did not carry out a change to a message, which got the answer that milter.fail names.",
    "Look into the log of Postfix for the same queue id."};
inline constexpr Event dns_down{
    "dns-down", Severity::error, "detail",
    "No name server answers. Results that need DNS are temperror; answers to Postfix's questions "
    "do "
    "not wait for them any longer.",
    "Check dns.servers or /etc/resolv.conf, and that the resolver runs."};
inline constexpr Event dns_up{"dns-up", Severity::info, "detail", "Name servers answer again.", ""};
inline constexpr Event keys_loaded{"keys-loaded", Severity::info, "keys domains",
                                   "The key directory was read; so many keys sign from now on.",
                                   ""};
inline constexpr Event key_unusable{
    "key-unusable", Severity::error, "problem",
    "A key that should sign cannot be used, or no key can make the ARC seals of "
    "signing.arc_domain. Mail of its domain goes without that signature; where no other key signs, "
    "signing.fail says what happens to it.",
    "Do what the problem says; the keys are read again within a second after `postern dkim` "
    "changed them, and at every reload."};
inline constexpr Event keys_unreadable{
    "keys-unreadable", Severity::error, "problem",
    "The index of the key directory cannot be read; the keys known before go on signing.",
    "Do what the problem says, and reload."};
inline constexpr Event logins_unreadable{
    "logins-unreadable", Severity::error, "problem",
    "A table of submission.login_maps cannot be read; submission.fail says what happens to the "
    "message.",
    "Try the table with `postmap -q ADDRESS TABLE` as the user of the milter."};
inline constexpr Event policy{
    "policy", Severity::info,
    "instance queue_id state client client_name helo login sender recipient recipients size "
    "context rule action wanted why spf dnslist reputation quota failed ms",
    "Postfix asked the policy daemon and was answered `action`; `wanted` is what enforce mode "
    "would have said. `why` names facts and numbers, `failed` rules that could not be looked at. "
    "Addresses of strangers are shortened to their domains unless policy.log_addresses is set.",
    "`postern policy try` shows what each rule says of such a request."};
inline constexpr Event policy_client{
    "policy-client", Severity::warning, "problem",
    "A client of the policy daemon sent what is no request of Postfix.",
    "Look who else can reach the socket; only Postfix should."};
inline constexpr Event store_down{
    "store-down", Severity::error, "problem",
    "The store cannot be used. Rules that need it do not match, until it works again.",
    "Do what the problem says; the daemon tries again by itself."};
inline constexpr Event store_up{"store-up", Severity::info, "", "The store works again.", ""};
inline constexpr Event store_note{
    "store-note", Severity::warning, "note",
    "What happened when the store was opened, such as a damaged file that was set aside, or what "
    "is wrong with it although it works, such as that it is nearly full.",
    "Do what the note says."};
inline constexpr Event list_off{
    "list-off", Severity::warning, "detail",
    "A DNS list does not work and is not asked until it does.",
    "Do what the detail says, or take the list out of the configuration."};
inline constexpr Event list_on{"list-on", Severity::info, "detail", "A DNS list is asked again.",
                               ""};
inline constexpr Event brake_on{
    "brake-on", Severity::warning, "login subject",
    "The mail of a login is held from now on, since it looks like that of a stolen account.",
    "See `postern brake list`; then `postern brake release LOGIN` or `postern brake deny LOGIN`."};
inline constexpr Event quota_notice{
    "quota-notice", Severity::info, "login subject",
    "A mailbox has reached a level of quota.warn_at, which its owner is told, or is full, which "
    "the postmaster is told.",
    "See `postern quota show`; raise the limit in Dovecot, or let the owner delete mail."};
inline constexpr Event notice_lost{"notice-lost", Severity::error, "login recipient problem",
                                   "Somebody could not be told by mail what a notice says.",
                                   "Tell them; look at policy.notice_server."};
inline constexpr Event feed_refused{
    "feed-refused", Severity::warning, "problem count",
    "Lines on the reputation feed could not be read; so many since the last line.",
    "Look who writes to reputation.feed_socket; after an upgrade, restart all programs."};
inline constexpr Event feed_unreachable{
    "feed-unreachable", Severity::warning, "socket problem",
    "The policy daemon cannot be told what became of mail; its reputation of clients misses it.",
    "Check that the user of the milter may write to reputation.feed_socket, or set it to \"\"."};
inline constexpr Event tls_policy{
    "tls-policy", Severity::info, "domain answer why",
    "Postfix asked for the TLS policy (MTA-STS) of a domain that it delivers to.", ""};
inline constexpr Event tls_policy_refreshed{
    "tls-policy-refreshed", Severity::info, "domain why",
    "An MTA-STS policy was fetched again before it grew too old.", ""};
inline constexpr Event training{
    "training", Severity::info, "user kind source from to result repeated kept client hash ms",
    "A user, or `postern learn`, taught the filter with one message. `kind` is spam, ham, or none, "
    "which takes back what was said before. `result` is learned, relearned (it had been learned as "
    "the other kind, which was taken back), forgotten (it is no longer learned), known, or "
    "outdated "
    "(the user said something later). `client` is whose reputation is told of it.",
    "`postern learn status` shows the sums."};
inline constexpr Event training_refused{
    "training-refused", Severity::warning, "problem sender count",
    "What came to the learner, by its socket or the spool, events and how full mailboxes are, was "
    "not taken; so many since the last "
    "line. `sender` is the user id.",
    "If it is Dovecot's, name its user in learner.senders; otherwise look who else sends."};
inline constexpr Event learner_failed{
    "learner-failed", Severity::error, "problem",
    "The learner could not write or read one of its files. Senders keep what it has not taken.",
    "Do what the problem says; the learner tries again by itself."};
inline constexpr Event sender_unknown{
    "sender-unknown", Severity::warning, "name",
    "learner.senders names a user that this host does not have.",
    "Name the user under which Dovecot reads mail (mail_uid), and reload."};
inline constexpr Event file_types_unknown{
    "file-types-unknown", Severity::warning, "problem",
    "The database of libmagic cannot be read. Attachments are judged by their names, by what is "
    "known of programs and archives without it, and by what archives hold; fewer types that are "
    "not what they are said to be are found.",
    "Install the package libmagic-mgc, and restart the daemon."};
inline constexpr Event rules_loaded{"rules-loaded", Severity::info, "rules files warnings",
                                    "The rules of the antispam check were read. `warnings` counts "
                                    "lines that are not understood and "
                                    "rules that cannot run.",
                                    "See them with `postern rules check`."};
inline constexpr Event rules_unreadable{
    "rules-unreadable", Severity::error, "problem",
    "The rules of the antispam check cannot be read. Those read before stay in use; without any, "
    "messages get what antispam.fail names.",
    "Mend what the line names, try it with `postern rules check`, and reload."};
inline constexpr Event list_paused{
    "list-paused", Severity::warning, "queue_id client detail",
    "A DNS list that rules ask refuses us, or has not answered for three messages, and is not "
    "asked "
    "for dns_block_time of the rules (5 minutes). `queue_id` is the last message, `client` who "
    "asked "
    "over spamd.sockets.",
    "If it happens often: lists refuse resolvers that many share, such as those of a provider; run "
    "one of your own. Deny a list that is gone with `dns_query_restriction deny LIST`."};
inline constexpr Event patterns_slow{
    "patterns-slow", Severity::warning, "",
    "The system does not let the milter compile the patterns of its rules to machine code; "
    "messages "
    "take ten times as long.",
    "Remove MemoryDenyWriteExecute= from the unit of the milter, and restart it."};
inline constexpr Event spamd_request{
    "spamd-request", Severity::info,
    "client method user size results spam score listed limits rules rules_unasked taught ms",
    "A request of spamc, or of what speaks like it, was answered. `results` says that SPF, DKIM, "
    "DMARC, and ARC are known, from fields of ours on top of the message. `taught` is what the "
    "learner was told: spam, ham, or none, which takes back what was said.",
    ""};
inline constexpr Event spamd_problem{
    "spamd-problem", Severity::warning, "client problem",
    "A request of spamc could not be answered, or its client may not ask.",
    "See spamd.clients, antispam.max_size, and the client's own log."};
inline constexpr Event scanner_unreachable{
    "scanner-unreachable", Severity::error, "scanner problem",
    "A scanner of antivirus.scanners does not answer. The next one is asked; without one messages "
    "get what antivirus.fail says.",
    "Start postern-avscan or clamd, or correct the address. It is asked again by itself."};
inline constexpr Event scanner_back{"scanner-back", Severity::info, "scanner",
                                    "A scanner that did not answer does again.", ""};
inline constexpr Event signatures_loaded{
    "signatures-loaded", Severity::info, "generation signatures memory_mb ms",
    "The scanner uses new signatures. `generation` is made from their files.", ""};
inline constexpr Event signatures_failed{
    "signatures-failed", Severity::error, "problem database old_in_use",
    "Signatures cannot be used. With old_in_use=no nothing is scanned, and messages get what "
    "antivirus.fail says.",
    "Do what the problem says; `freshclam` fetches signatures. The scanner tries again when files "
    "change, and without signatures every 30 seconds."};
inline constexpr Event scanner_paused{
    "scanner-paused", Severity::warning, "available_mb needed_mb",
    "There is too little memory to load new signatures beside the old ones, so that these go "
    "first. Messages wait until the new ones are loaded, scanner.wait at most, and get "
    "antivirus.fail then.",
    "Nothing, if it is short. More memory makes it needless."};
inline constexpr Event scan_retried{
    "scan-retried", Severity::warning, "why octets",
    "A process that scans died over a message, or took too long; the message is tried once more in "
    "a new one.",
    ""};
inline constexpr Event scan_given_up{
    "scan-given-up", Severity::warning, "why octets",
    "The same again: the message is unscannable, and gets what antivirus.on_unscannable says.",
    "If it happens to harmless mail, raise scanner.request_time, scanner.processor_time, or "
    "scanner.child_memory."};
inline constexpr Event scanner_child_died{
    "scanner-child-died", Severity::warning, "pid signal status",
    "A process that scans has ended by a signal (9: it was killed for its time, or by the host for "
    "its memory) or with an error. Another takes its place.",
    "If it happens often with the same signatures, report it with this line."};
inline constexpr Event scanner_no_child{
    "scanner-no-child", Severity::error, "problem",
    "A process that scans cannot be started, or not be confined; it is tried again. Messages wait "
    "for the others, or get what antivirus.fail says.",
    "Do what the problem says: it may be a limit of the unit, or memory."};
inline constexpr Event scanner_files_gone{
    "scanner-files-gone", Severity::warning, "directory",
    "The directory below scanner.temporary_directory where objects are unpacked is not there any "
    "more. It is made anew with another set of processes, which load the signatures again; until "
    "then what has to be unpacked gets what antivirus.fail says.",
    "Keep what cleans up /var/tmp away from postern-avscan.*; with systemd the unit's PrivateTmp "
    "does so."};
inline constexpr Event scanner_forbidden{
    "scanner-forbidden", Severity::error, "pid call detail",
    "A process that scans tried what it may not do, and was killed. It may be a message that "
    "attacks libclamav.",
    "Keep the message, and report it to the authors of ClamAV; update libclamav."};
inline constexpr Event sandbox_weak{
    "sandbox-weak", Severity::warning, "problem",
    "The kernel lacks something by which processes that scan are confined; the rest of the "
    "confinement holds.",
    "Run a kernel with Landlock, as Debian's have it."};
inline constexpr Event memory_low{
    "memory-low", Severity::warning, "mode available_mb floor_mb",
    "The host is short of memory. With mode=attachments only attachments are scanned; with "
    "mode=off nothing is, the signatures are given up, and messages get what antivirus.on_skipped "
    "says.",
    "Give the host more memory, or run without antivirus. scanner.memory_floor is the limit."};
inline constexpr Event memory_ok{"memory-ok", Severity::info, "mode available_mb floor_mb",
                                 "There is memory again: everything is scanned, as soon as the "
                                 "signatures are loaded.",
                                 ""};
inline constexpr Event scanner_busy{
    "scanner-busy", Severity::warning, "why count",
    "Messages found no process in time, or too many waited; so many since the last line. They get "
    "what antivirus.fail says.",
    "Raise scanner.children if there are processors for them."};
inline constexpr Event scanner_refused{
    "scanner-refused", Severity::warning, "problem user count",
    "Somebody asked the scanner who may not, or not so; so many since the last line. `user` is the "
    "user id.",
    "If it is the milter's, name its user in scanner.clients; otherwise look who else asks."};
inline constexpr Event scanner_client_unknown{
    "scanner-client-unknown", Severity::warning, "name",
    "scanner.clients names a user that this host does not have.",
    "Name the user under which postern-milter runs, and reload."};
inline constexpr Event lines_lost{
    "lines-lost", Severity::warning, "count",
    "So many lines before this one were not written, because who reads the log did not.",
    "Look after the journal, or the program that reads standard error."};

/// All events, in the order of the manual.
[[nodiscard]] std::span<const Event> catalogue();

}  // namespace postern::event
