/* The settings of our plugins as Dovecot 2.4 wants them: its tables are C only. Compiled twice: into the
   plugin, and as a module for modules/settings, by which doveconf knows the names. */
#include "config.h"
#include "lib.h"
#include "settings.h"
#include "settings-parser.h"

#include "dovecot-plugins/common/dovecot_settings.h"

#undef DEF
#define DEF(type, name) SETTING_DEFINE_STRUCT_##type("postern_" #name, name, struct postern_settings)

static const struct setting_define postern_setting_defines[] = {
	DEF(STR, train_socket),
	DEF(STR, train_spool),
	DEF(SIZE, train_max_size),
	DEF(STR, quota_socket),
	SETTING_DEFINE_LIST_END
};

static const struct postern_settings postern_default_settings = {
	.train_socket = "/run/postern-learner/learner.sock",
	.train_spool = "/var/spool/postern/train",
	.train_max_size = 1024 * 1024,
	.quota_socket = "/run/postern-learner/learner.sock",
};

const struct setting_parser_info postern_setting_parser_info = {
	.name = "postern",
	.defines = postern_setting_defines,
	.defaults = &postern_default_settings,
	.struct_size = sizeof(struct postern_settings),
	.pool_offset1 = 1 + offsetof(struct postern_settings, pool),
};

#ifdef POSTERN_SETTINGS_MODULE
#define EXPORTED __attribute__((visibility("default")))
EXPORTED extern const struct setting_parser_info *postern_settings_set_infos[];
const struct setting_parser_info *postern_settings_set_infos[] = {
	&postern_setting_parser_info, NULL
};
EXPORTED extern const char *postern_settings_version;
const char *postern_settings_version = DOVECOT_ABI_VERSION;
#endif
