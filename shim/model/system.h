/* Whether a path is in a directory of the system or of a package manager, by the rows of system.def; for shim and analyzer. Reads the path
 * once; safe in signal handlers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SHIM_SYSTEM_H
#define SHIM_SYSTEM_H

#include <stdbool.h>
#include <string.h>

static inline bool is_system_path(const char *path)
{
	bool own = false;
#define SYSTEM_FOLDER(folder)                                   \
	if (!own && !strncmp(path, folder, sizeof(folder) - 1)) \
		return true;
#define OWN_FOLDER(folder) own |= !strncmp(path, folder, sizeof(folder) - 1);
#define PACKAGE_FOLDER(folder)
#include "shim/model/system.def"
#undef SYSTEM_FOLDER
#undef OWN_FOLDER
#undef PACKAGE_FOLDER
	while ((path = strchr(path, '/'))) {
#define SYSTEM_FOLDER(folder)
#define OWN_FOLDER(folder)
#define PACKAGE_FOLDER(folder)                          \
	if (!strncmp(path, folder, sizeof(folder) - 1)) \
		return true;
#include "shim/model/system.def"
#undef SYSTEM_FOLDER
#undef OWN_FOLDER
#undef PACKAGE_FOLDER
		path++;
	}
	return false;
}

#endif
