/* What the parts of the Sieve extension vnd.postern.verdict share. Pigeonhole's headers are C only, so the
   tables that it reads and what fills them are C; what needs thought is C++, behind verdict.h. */
#ifndef POSTERN_SIEVE_EXTENSION_H
#define POSTERN_SIEVE_EXTENSION_H

/* Pigeonhole wants these two before anything else. */
#include "config.h"
#include "pigeonhole-config.h"

#include "lib.h"

#include "sieve-common.h"

/* Numbers of the operations in compiled scripts: never changed, or scripts must be compiled anew. */
enum postern_operation {
	POSTERN_OPERATION_VERDICT = 0,
	POSTERN_OPERATION_REPORT = 1
};

extern const struct sieve_extension_def postern_extension;
extern const struct sieve_command_def postern_verdict_test;
extern const struct sieve_command_def postern_report_command;
extern const struct sieve_operation_def postern_verdict_operation;
extern const struct sieve_operation_def postern_report_operation;

#endif
