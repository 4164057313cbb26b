# Files what the filter calls spam into Junk, before the script of the user. For sieve_before of
# 91-postern-sieve.conf; compile it once, as root: sievec /etc/dovecot/sieve/postern-junk.sieve
require ["vnd.postern.verdict", "fileinto", "mailbox", "environment", "vnd.dovecot.environment",
         "variables", "relational", "comparator-i;ascii-numeric"];

# Of a user who wants another threshold than the milter's: postern_threshold, see 91-postern-sieve.conf.
set "threshold" "";
if environment :matches "vnd.dovecot.config.postern_threshold" "*" {
    set "threshold" "${1}";
}

if anyof (postern_verdict "action" "tag",
          allof (string "${threshold}" "", postern_verdict "spam" "yes"),
          allof (not string "${threshold}" "",
                 postern_verdict :value "ge" :comparator "i;ascii-numeric" "score" "${threshold}")) {
    fileinto :create "Junk";
    stop;
}
