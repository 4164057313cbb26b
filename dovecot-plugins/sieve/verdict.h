/* What the C of the extension asks of the C++. Nothing here throws. */
#ifndef POSTERN_SIEVE_VERDICT_H
#define POSTERN_SIEVE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

struct mail;
struct mail_user;

#ifdef __cplusplus
extern "C" {
#endif

/* Octets of a header that are looked at; what our milter wrote stands at the top. */
enum { postern_max_header = 65536 };

/* Whether a verdict tells such a thing, and all of them as a list for people. */
bool postern_is_aspect(const char *name);
const char *postern_aspects(void);

/* Calls back with each value that our verdict on a message has for an aspect; with none when there is no
   verdict of ours. */
void postern_verdict_values(const char *header, size_t size, const char *aspect,
			    void (*found)(void *context, const char *value), void *context);

/* Hands a message to the learner, or to the spool while that is away. Trouble is logged with the user. */
void postern_report(struct mail_user *user, struct mail *mail, bool is_spam);

#ifdef __cplusplus
}
#endif

#endif
