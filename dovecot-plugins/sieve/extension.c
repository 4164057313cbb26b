/* The Sieve extension vnd.postern.verdict, as Pigeonhole 0.5 and 2.4 load it: the test postern_verdict and the
   action postern_report. Like those of other plugins it may be used without sieve_extensions naming it. */
#include "dovecot-plugins/sieve/extension.h"

#include "sieve-extensions.h"
#include "sieve-validator.h"

#define EXPORTED __attribute__((visibility("default")))

#if DOVECOT_PREREQ(2, 4, 0)
typedef int load_result;
#else
typedef void load_result;
#endif

EXPORTED extern const char *sieve_postern_plugin_version;
EXPORTED load_result sieve_postern_plugin_load(struct sieve_instance *instance, void **context);
EXPORTED void sieve_postern_plugin_unload(struct sieve_instance *instance, void *context);
EXPORTED void sieve_postern_plugin_init(void);
EXPORTED void sieve_postern_plugin_deinit(void);

static bool load_validator(const struct sieve_extension *extension, struct sieve_validator *validator)
{
	sieve_validator_register_command(validator, extension, &postern_verdict_test);
	sieve_validator_register_command(validator, extension, &postern_report_command);
	return TRUE;
}

static const struct sieve_operation_def *const operations[] = {
	[POSTERN_OPERATION_VERDICT] = &postern_verdict_operation,
	[POSTERN_OPERATION_REPORT] = &postern_report_operation,
};

const struct sieve_extension_def postern_extension = {
	.name = "vnd.postern.verdict",
	.version = 1,
	.validator_load = load_validator,
	SIEVE_EXT_DEFINE_OPERATIONS(operations),
};

const char *sieve_postern_plugin_version = PIGEONHOLE_ABI_VERSION;

load_result sieve_postern_plugin_load(struct sieve_instance *instance, void **context)
{
#if DOVECOT_PREREQ(2, 4, 0)
	const struct sieve_extension *extension;
	if (sieve_extension_register(instance, &postern_extension, TRUE, &extension) < 0)
		return -1;
	*context = (void *)extension;
	return 0;
#else
	*context = (void *)sieve_extension_register(instance, &postern_extension, TRUE);
#endif
}

void sieve_postern_plugin_unload(struct sieve_instance *instance ATTR_UNUSED, void *context)
{
	sieve_extension_unregister(context);
}

void sieve_postern_plugin_init(void)
{
}

void sieve_postern_plugin_deinit(void)
{
}
