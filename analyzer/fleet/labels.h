/* What is known of a shipper's traces beside their lines: which service they are of, its version, and where it runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SOCKSAN_ANALYZER_FLEET_LABELS_H
#define SOCKSAN_ANALYZER_FLEET_LABELS_H

enum label { LABEL_SERVICE, LABEL_VERSION, LABEL_CONTAINER, LABEL_REGION, LABEL_INSTANCE, LABELS };

struct labels {
	char *values[LABELS]; /* NULL: not given */
};

/* The name of a label, which is also that of its column. */
const char *label_name(enum label label);

/* "service=checkout". Returns NULL, or what is wrong with it, to be freed. */
char *labels_set(struct labels *labels, const char *text) __attribute__((warn_unused_result));

/* Lines KEY="VALUE" as Kubernetes' downward API writes labels and annotations; other keys are passed over. Returns NULL, or what is wrong,
 * to be freed. */
char *labels_read(struct labels *labels, const char *text) __attribute__((warn_unused_result));

/* From SOCKSAN_SERVICE, SOCKSAN_VERSION and so on. */
void labels_from_environment(struct labels *labels);

/* Takes what `labels` does not have from `others`. */
void labels_fill(struct labels *labels, const struct labels *others);

void labels_free(struct labels *labels);

#endif
