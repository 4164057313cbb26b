/* The action: postern_report "spam" | "ham" */
#include "dovecot-plugins/sieve/extension.h"

#include "mail-storage.h"
#include "str-sanitize.h"
#include "str.h"

#include "sieve-actions.h"
#include "sieve-ast.h"
#include "sieve-code.h"
#include "sieve-commands.h"
#include "sieve-dump.h"
#include "sieve-generator.h"
#include "sieve-interpreter.h"
#include "sieve-message.h"
#include "sieve-result.h"
#include "sieve-validator.h"

#include "dovecot-plugins/sieve/verdict.h"

struct report {
	bool is_spam;
};

/* Returns whether a word names what is learned. */
static bool read_kind(const char *word, bool *is_spam_r)
{
	*is_spam_r = strcasecmp(word, "spam") == 0;
	return *is_spam_r || strcasecmp(word, "ham") == 0;
}

static bool validate(struct sieve_validator *validator, struct sieve_command *command)
{
	struct sieve_ast_argument *argument = command->first_positional;
	bool is_spam;
	if (!sieve_validate_positional_argument(validator, command, argument, "kind", 1, SAAT_STRING) ||
	    !sieve_validator_argument_activate(validator, command, argument, FALSE))
		return FALSE;
	if (!sieve_argument_is_string_literal(argument) || read_kind(sieve_ast_argument_strc(argument), &is_spam))
		return TRUE;
	sieve_argument_validate_error(validator, argument, "the postern_report command reports \"spam\" or \"ham\", not '%s'",
				      str_sanitize(sieve_ast_argument_strc(argument), 80));
	return FALSE;
}

static bool generate(const struct sieve_codegen_env *code, struct sieve_command *command)
{
	sieve_operation_emit(code->sblock, command->ext, &postern_report_operation);
	return sieve_generate_arguments(code, command, NULL);
}

const struct sieve_command_def postern_report_command = {
	.identifier = "postern_report",
	.type = SCT_COMMAND,
	.positional_args = 1,
	.validate = validate,
	.generate = generate,
};

static void print(const struct sieve_action *action, const struct sieve_result_print_env *print_env,
		  bool *keep ATTR_UNUSED)
{
	const struct report *report = action->context;
	sieve_result_action_printf(print_env, "report the message to Postern as %s", report->is_spam ? "spam" : "ham");
}

/* A report that fails must not fail the delivery. */
static int commit(const struct sieve_action_exec_env *env, void *transaction ATTR_UNUSED)
{
	const struct report *report = env->action->context;
	struct mail *mail = env->action->mail != NULL ? env->action->mail : sieve_message_get_mail(env->msgctx);
	struct mail_user *user = env->exec_env->scriptenv->user;
	if (user != NULL)
		postern_report(user, mail, report->is_spam);
	return SIEVE_EXEC_OK;
}

static const struct sieve_action_def report_action = {
	.name = "postern_report",
	.print = print,
	.commit = commit,
};

static bool dump(const struct sieve_dumptime_env *dump_env, sieve_size_t *address)
{
	sieve_code_dumpf(dump_env, "POSTERN_REPORT");
	sieve_code_descend(dump_env);
	return sieve_action_opr_optional_dump(dump_env, address, NULL) == 0 &&
	       sieve_opr_string_dump(dump_env, address, "kind");
}

static int execute(const struct sieve_runtime_env *env, sieve_size_t *address)
{
	struct sieve_side_effects_list *effects = NULL;
	struct report *report;
	string_t *kind;
	bool is_spam;
	int status;
	if (sieve_action_opr_optional_read(env, address, NULL, &status, &effects) != 0)
		return status;
	if ((status = sieve_opr_string_read(env, address, "kind", &kind)) <= 0)
		return status;
	sieve_runtime_trace(env, SIEVE_TRLVL_ACTIONS, "postern_report action");
	if (!read_kind(str_c(kind), &is_spam)) {
		sieve_runtime_error(env, NULL, "postern_report action: '%s' is neither \"spam\" nor \"ham\"",
				    str_sanitize(str_c(kind), 80));
		return SIEVE_EXEC_FAILURE;
	}
	report = p_new(sieve_result_pool(env->result), struct report, 1);
	report->is_spam = is_spam;
	if (sieve_result_add_action(env, env->oprtn->ext, "postern_report", &report_action, effects, report, 0, FALSE) < 0)
		return SIEVE_EXEC_FAILURE;
	return SIEVE_EXEC_OK;
}

const struct sieve_operation_def postern_report_operation = {
	.mnemonic = "POSTERN_REPORT",
	.ext_def = &postern_extension,
	.code = POSTERN_OPERATION_REPORT,
	.dump = dump,
	.execute = execute,
};
