/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "xml/document.h"

/**
 * vt_document_without_secrets:
 * @document: a domain
 *
 * What libvirt itself only tells with VIR_DOMAIN_XML_SECURE: passwords of displays, and cookies of
 * disks that come over HTTP.
 *
 * Returns: (transfer full): the text with three asterisks in place of each, every other byte as it
 *   was; NULL with @error where vt_document_follow() fails
 */
char *vt_document_without_secrets(const VtDocument *document, GError **error);
