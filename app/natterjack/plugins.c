/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugins.h"

#include <bsd/string.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

NJ_LOG_TYPE(plugins);

/* The shortest part of an absolute path that anybody may write to; NULL where there is none.
 * Returns `part`. */
static const char *
find_world_writable(const char *path, char part[PATH_MAX])
{
	struct stat status;

	for (const char *end = path; end != NULL; end = strchr(end + 1, '/')) {
		/* Up to the next slash, or all of it. */
		size_t length = strcspn(end + 1, "/") + (size_t)(end + 1 - path);

		strlcpy(part, path, length < PATH_MAX ? length + 1 : PATH_MAX);
		if (stat(part, &status) == 0 && (status.st_mode & S_IWOTH) != 0)
			return part;
	}
	return NULL;
}

/* For good: what registers itself points into it. */
static int
open_object(const char *path)
{
	char writable[PATH_MAX];

	if (path[0] == '/' && find_world_writable(path, writable) != NULL) {
		NJ_EVENT(ERR, "plugin_refused", "path=%s writable_by_everybody=%s", path, writable);
		return -EINVAL;
	}
	if (dlopen(path, RTLD_NOW) == NULL) {
		NJ_EVENT(ERR, "plugin_refused", "path=%s reason=%s", path, dlerror());
		return -EINVAL;
	}
	return 0;
}

static bool
is_object(const char *path)
{
	size_t length = strlen(path);
	struct stat status;

	return length > 3 && strcmp(path + length - 3, ".so") == 0 && stat(path, &status) == 0 &&
	       S_ISREG(status.st_mode);
}

static int
open_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char name[PATH_MAX];
	int ret = 0;

	if (folder == NULL)
		return nj_err(errno, "-d %s", path);
	while ((entry = readdir(folder)) != NULL) {
		if (snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) < PATH_MAX &&
			is_object(name) && open_object(name) < 0)
			ret = -EINVAL;
	}
	closedir(folder);
	return ret;
}

static int
load(const char *name)
{
	char *path = realpath(name, NULL);
	struct stat status;
	int ret;

	if (path == NULL && errno != ENOENT)
		return nj_err(errno, "-d %s", name);
	if (path == NULL)
		return open_object(name); /* looked for in the system's folders */
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		ret = open_folder(path);
	else
		ret = open_object(path);
	free(path);
	return ret;
}

/* All that a list of options names; goes on behind one that does not load. */
static int
load_all(char *const *options, int n)
{
	int ret = 0;

	for (int i = 0; i < n; i++) {
		const char *name;

		if (strncmp(options[i], "-d", 2) != 0)
			continue;
		name = options[i][2] != '\0' ? options[i] + 2 : i + 1 < n ? options[++i] : "";
		if (load(name) < 0)
			ret = -EINVAL;
	}
	return ret;
}

int
plugins_load(const struct nj_appliance *appliance, const struct options *options)
{
	int of_file = 0, of_command_line;

	if (appliance != NULL)
		of_file = load_all(appliance->eal, (int)appliance->n_eal);
	of_command_line = load_all(options->eal, options->n_eal);
	return of_file < 0 ? of_file : of_command_line;
}
