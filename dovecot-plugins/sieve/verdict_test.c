/* The test: postern_verdict [COMPARATOR] [MATCH-TYPE] <aspect: string> <key-list: string-list> */
#include "dovecot-plugins/sieve/extension.h"

#include "istream.h"
#include "mail-storage.h"
#include "str-sanitize.h"
#include "str.h"

#include "sieve-ast.h"
#include "sieve-code.h"
#include "sieve-commands.h"
#include "sieve-comparators.h"
#include "sieve-dump.h"
#include "sieve-generator.h"
#include "sieve-interpreter.h"
#include "sieve-match-types.h"
#include "sieve-match.h"
#include "sieve-message.h"
#include "sieve-stringlist.h"
#include "sieve-validator.h"

#include "dovecot-plugins/sieve/verdict.h"

static bool link_tags(struct sieve_validator *validator, const struct sieve_extension *extension ATTR_UNUSED,
		      struct sieve_command_registration *registration)
{
	sieve_comparators_link_tag(validator, registration, SIEVE_MATCH_OPT_COMPARATOR);
	sieve_match_types_link_tags(validator, registration, SIEVE_MATCH_OPT_MATCH_TYPE);
	return TRUE;
}

/* An aspect that is spelled out is checked when the script is compiled; one from variables cannot be. */
static bool check_aspect(struct sieve_validator *validator, struct sieve_ast_argument *argument)
{
	const char *aspect;
	if (!sieve_argument_is_string_literal(argument))
		return TRUE;
	aspect = sieve_ast_argument_strc(argument);
	if (postern_is_aspect(aspect))
		return TRUE;
	sieve_argument_validate_error(validator, argument, "the postern_verdict test knows no aspect '%s'; there are %s",
				      str_sanitize(aspect, 80), postern_aspects());
	return FALSE;
}

static bool validate(struct sieve_validator *validator, struct sieve_command *test)
{
	const struct sieve_match_type match_type = SIEVE_MATCH_TYPE_DEFAULT(is_match_type);
	const struct sieve_comparator comparator = SIEVE_COMPARATOR_DEFAULT(i_ascii_casemap_comparator);
	struct sieve_ast_argument *argument = test->first_positional;
	if (!sieve_validate_positional_argument(validator, test, argument, "aspect", 1, SAAT_STRING) ||
	    !sieve_validator_argument_activate(validator, test, argument, FALSE) ||
	    !check_aspect(validator, argument))
		return FALSE;
	argument = sieve_ast_argument_next(argument);
	return sieve_validate_positional_argument(validator, test, argument, "key list", 2, SAAT_STRING_LIST) &&
	       sieve_validator_argument_activate(validator, test, argument, FALSE) &&
	       sieve_match_type_validate(validator, test, argument, &match_type, &comparator);
}

static bool generate(const struct sieve_codegen_env *code, struct sieve_command *test)
{
	sieve_operation_emit(code->sblock, test->ext, &postern_verdict_operation);
	return sieve_generate_arguments(code, test, NULL);
}

const struct sieve_command_def postern_verdict_test = {
	.identifier = "postern_verdict",
	.type = SCT_TEST,
	.positional_args = 2,
	.registered = link_tags,
	.validate = validate,
	.generate = generate,
};

static bool dump(const struct sieve_dumptime_env *dump_env, sieve_size_t *address)
{
	sieve_code_dumpf(dump_env, "POSTERN_VERDICT");
	sieve_code_descend(dump_env);
	return sieve_match_opr_optional_dump(dump_env, address, NULL) == 0 &&
	       sieve_opr_string_dump(dump_env, address, "aspect") &&
	       sieve_opr_stringlist_dump(dump_env, address, "key list");
}

/* The first octets of the header, in the data stack. Returns -1 when the mail cannot be read. */
static int read_header(struct mail *mail, buffer_t **header_r)
{
	struct istream *stream;
	const unsigned char *data;
	size_t size;
	buffer_t *header = t_buffer_create(4096);
	if (mail_get_hdr_stream(mail, NULL, &stream) < 0)
		return -1;
	i_stream_seek(stream, 0);
	while (header->used < postern_max_header && i_stream_read_more(stream, &data, &size) > 0) {
		buffer_append(header, data, I_MIN(size, postern_max_header - header->used));
		i_stream_skip(stream, size);
	}
	*header_r = header;
	return stream->stream_errno == 0 ? 0 : -1;
}

/* Values that are known: Pigeonhole itself makes lists of one string only. */
struct value_list {
	struct sieve_stringlist list;
	ARRAY_TYPE(const_string) values;
	unsigned int next;
};

static struct value_list *all_of(struct sieve_stringlist *list)
{
	return container_of(list, struct value_list, list);
}

static int next_value(struct sieve_stringlist *list, string_t **value_r)
{
	struct value_list *values = all_of(list);
	const char *value;
	*value_r = NULL;
	if (values->next == array_count(&values->values))
		return 0;
	value = array_idx_elem(&values->values, values->next++);
	*value_r = t_str_new_const(value, strlen(value));
	return 1;
}

static void reset_values(struct sieve_stringlist *list)
{
	all_of(list)->next = 0;
}

static int count_values(struct sieve_stringlist *list)
{
	return (int)array_count(&all_of(list)->values);
}

static void add_value(void *context, const char *value)
{
	struct value_list *values = context;
	const char *copy = t_strdup(value);
	array_push_back(&values->values, &copy);
}

static struct sieve_stringlist *find_values(const struct sieve_runtime_env *env, const buffer_t *header,
					    const char *aspect)
{
	struct value_list *values = t_new(struct value_list, 1);
	const char *value;
	values->list.runenv = env;
	values->list.exec_status = SIEVE_EXEC_OK;
	values->list.next_item = next_value;
	values->list.reset = reset_values;
	values->list.get_length = count_values;
	t_array_init(&values->values, 4);
	postern_verdict_values(header->data, header->used, aspect, add_value, values);
	array_foreach_elem(&values->values, value)
		sieve_runtime_trace(env, SIEVE_TRLVL_MATCHING, "%s is '%s'", aspect, str_sanitize(value, 80));
	return &values->list;
}

static int execute(const struct sieve_runtime_env *env, sieve_size_t *address)
{
	struct sieve_match_type match_type = SIEVE_MATCH_TYPE_DEFAULT(is_match_type);
	struct sieve_comparator comparator = SIEVE_COMPARATOR_DEFAULT(i_ascii_casemap_comparator);
	struct sieve_stringlist *keys;
	string_t *aspect;
	buffer_t *header;
	struct mail *mail;
	int status, found;
	if (sieve_match_opr_optional_read(env, address, NULL, &status, &comparator, &match_type) < 0)
		return status;
	if ((status = sieve_opr_string_read(env, address, "aspect", &aspect)) <= 0)
		return status;
	if ((status = sieve_opr_stringlist_read(env, address, "key list", &keys)) <= 0)
		return status;
	sieve_runtime_trace(env, SIEVE_TRLVL_TESTS, "postern_verdict test");
	mail = sieve_message_get_mail(env->msgctx);
	if (read_header(mail, &header) < 0)
		return sieve_runtime_mail_error(env, mail, "postern_verdict test: the header cannot be read");
	found = sieve_match(env, &match_type, &comparator, find_values(env, header, str_c(aspect)), keys, &status);
	if (found < 0)
		return status;
	sieve_interpreter_set_test_result(env->interp, found > 0);
	return SIEVE_EXEC_OK;
}

const struct sieve_operation_def postern_verdict_operation = {
	.mnemonic = "POSTERN_VERDICT",
	.ext_def = &postern_extension,
	.code = POSTERN_OPERATION_VERDICT,
	.dump = dump,
	.execute = execute,
};
