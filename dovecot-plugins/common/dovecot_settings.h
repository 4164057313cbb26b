/* The settings of our plugins as Dovecot 2.4 wants them. */
#ifndef POSTERN_DOVECOT_SETTINGS_H
#define POSTERN_DOVECOT_SETTINGS_H

struct postern_settings {
	pool_t pool;
	const char *train_socket;
	const char *train_spool;
	uoff_t train_max_size;
	const char *quota_socket;
};

extern const struct setting_parser_info postern_setting_parser_info;

#endif
