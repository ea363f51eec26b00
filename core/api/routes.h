/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The tables of routes, one per subject.  Private to core/api. */
#ifndef MORTISE_API_ROUTES_H
#define MORTISE_API_ROUTES_H

#include "core/api/call.h"

extern const struct api_route api_auth_routes[], api_organization_routes[],
	api_catalogue_routes[], api_integration_routes[],
	api_integration_operation_routes[], api_pipeline_routes[],
	api_repository_routes[], api_repository_change_routes[], api_repository_offer_routes[],
	api_code_mapping_routes[], api_code_mapping_bulk_routes[],
	api_external_actor_routes[], api_data_forwarder_routes[],
	api_issue_routes[], api_issue_list_routes[], api_issue_report_routes[],
	api_note_routes[], api_release_routes[],
	api_release_part_routes[], api_deploy_routes[],
	api_issue_integration_routes[], api_search_routes[],
	api_codeowners_routes[], api_ownership_routes[], api_stacktrace_link_routes[],
	api_event_routes[], api_project_key_routes[],
	api_token_routes[], api_audit_routes[],
	api_member_routes[], api_team_routes[], api_project_routes[];

#endif
