BEGIN TRANSACTION;
CREATE TABLE action_events (
	id VARCHAR(64) NOT NULL, 
	action_id VARCHAR(64) NOT NULL, 
	event VARCHAR(255) NOT NULL, 
	host VARCHAR(255), 
	result VARCHAR(16), 
	details TEXT, 
	traceback TEXT, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_action_events PRIMARY KEY (id)
);
INSERT INTO "action_events" VALUES('e897dc76-31ff-4191-940a-05e0e4f68572','4fa467ef-ac74-4cae-b248-1100bf2c5b4e','compute__do_build_and_run_instance',NULL,NULL,NULL,NULL,'2026-11-21 09:14:18.236775',NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0007');
CREATE TABLE attachments (
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	server_id VARCHAR(64), 
	volume_id VARCHAR(64), 
	bdm_uuid VARCHAR(64), 
	source_type VARCHAR(16), 
	destination_type VARCHAR(16), 
	source_id VARCHAR(64), 
	device_name VARCHAR(255), 
	tag VARCHAR(60), 
	boot_index BIGINT, 
	delete_on_termination BOOLEAN DEFAULT 0 NOT NULL, 
	volume_size_gib BIGINT, 
	volume_type VARCHAR(255), 
	disk_bus VARCHAR(16), 
	device_type VARCHAR(16), 
	guest_format VARCHAR(255), 
	attachment_id VARCHAR(64), 
	attach_status VARCHAR(32), 
	attach_mode VARCHAR(2), 
	connector JSON, 
	connection_info JSON, 
	mountpoint VARCHAR(255), 
	attached_at DATETIME, 
	detached_at DATETIME, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	CONSTRAINT pk_attachments PRIMARY KEY (id), 
	CONSTRAINT uq_attachments_attachment_id UNIQUE (attachment_id), 
	CONSTRAINT uq_attachments_bdm_uuid UNIQUE (bdm_uuid)
);
INSERT INTO "attachments" VALUES('63e6170f-df6e-43ac-95db-890212daa434','7885ef6bc4de548fa3e48bc91d9eb618','7991e625-1c57-4836-8434-35b5dd5358f4','f44354b1-475e-4b57-aec7-3f3deab07f62','63e6170f-df6e-43ac-95db-890212daa434','volume','volume','f44354b1-475e-4b57-aec7-3f3deab07f62','/dev/vda',NULL,0,0,1,NULL,NULL,NULL,NULL,'d8708df5-7cad-41c1-947f-c9f16c175af2','attaching','rw','{"host":"7991e625-1c57-4836-8434-35b5dd5358f4","wwpns":["c0507612b30c693f","c050769ae0281105"]}','{"driver_volume_type":"fibre_channel","data":{"target_wwn":["500507680210fc26","500507680220fc26","500507680230fc26","500507680240fc26"],"target_lun":0,"wwn":"60050768026c6beef5ff1f4d2cd26a26","initiator_target_map":{"c0507612b30c693f":["500507680210fc26","500507680230fc26"],"c050769ae0281105":["500507680220fc26","500507680240fc26"]},"target_discovered":false,"volume_id":"f44354b1-475e-4b57-aec7-3f3deab07f62"}}',NULL,NULL,NULL,'2026-11-21 09:14:18.219468','2026-11-21 09:14:18.384873');
INSERT INTO "attachments" VALUES('7331deb4-1bfd-44c8-adda-88054ccc2831','7885ef6bc4de548fa3e48bc91d9eb618','7991e625-1c57-4836-8434-35b5dd5358f4','37ae346c-4504-5eea-b0c1-e2ef68406f2a','7331deb4-1bfd-44c8-adda-88054ccc2831','blank','volume',NULL,'/dev/vdb',NULL,NULL,1,1,NULL,NULL,NULL,NULL,'717ef38b-3d82-47cf-8829-2a20350e608d','attaching','rw','{"host":"7991e625-1c57-4836-8434-35b5dd5358f4","wwpns":["c0507612b30c693f","c050769ae0281105"]}','{"driver_volume_type":"fibre_channel","data":{"target_wwn":["500507680210fc26","500507680220fc26","500507680230fc26","500507680240fc26"],"target_lun":1,"wwn":"6005076802beeb5a98de53f92f880194","initiator_target_map":{"c0507612b30c693f":["500507680210fc26","500507680230fc26"],"c050769ae0281105":["500507680220fc26","500507680240fc26"]},"target_discovered":false,"volume_id":"37ae346c-4504-5eea-b0c1-e2ef68406f2a"}}',NULL,NULL,NULL,'2026-11-21 09:14:18.225981','2026-11-21 09:14:18.424933');
CREATE TABLE audit_passes (
	slot BIGINT NOT NULL, 
	mode VARCHAR(8) NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	summary JSON, 
	CONSTRAINT pk_audit_passes PRIMARY KEY (slot)
);
CREATE TABLE audit_records (
	id VARCHAR(64) NOT NULL, 
	operation_id VARCHAR(64), 
	server_id VARCHAR(64), 
	volume_id VARCHAR(64), 
	table_row VARCHAR(8) NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	evidence JSON, 
	before_rows JSON, 
	after_rows JSON, 
	result TEXT, 
	is_dry_run BOOLEAN DEFAULT 0 NOT NULL, 
	user_id VARCHAR(64), 
	request_id VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_audit_records PRIMARY KEY (id)
);
CREATE TABLE domains (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT NOT NULL, 
	enabled BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);
INSERT INTO "domains" VALUES('default','Default','The default domain',1);
CREATE TABLE executors (
	id VARCHAR(255) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	pid BIGINT NOT NULL, 
	until FLOAT NOT NULL, 
	CONSTRAINT pk_executors PRIMARY KEY (id)
);
CREATE TABLE flavors (
	id VARCHAR(255) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	vcpus BIGINT NOT NULL, 
	ram_mib BIGINT NOT NULL, 
	disk_gib BIGINT DEFAULT '0' NOT NULL, 
	ephemeral_gib BIGINT DEFAULT '0' NOT NULL, 
	swap_mib BIGINT DEFAULT '0' NOT NULL, 
	rxtx_factor FLOAT NOT NULL, 
	is_public BOOLEAN DEFAULT 1 NOT NULL, 
	disabled BOOLEAN DEFAULT 0 NOT NULL, 
	description TEXT, 
	extra_specs JSON, 
	project_access JSON, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_flavors PRIMARY KEY (id), 
	CONSTRAINT uq_flavors_name UNIQUE (name)
);
INSERT INTO "flavors" VALUES('1','m1.tiny',1,512,1,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 09:14:16.464204');
INSERT INTO "flavors" VALUES('2','m1.small',1,2048,20,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 09:14:16.465065');
INSERT INTO "flavors" VALUES('3','m1.medium',2,4096,40,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 09:14:16.465258');
INSERT INTO "flavors" VALUES('4','m1.large',4,8192,80,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 09:14:16.465372');
INSERT INTO "flavors" VALUES('5','m1.volume',1,1024,0,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 09:14:16.465475');
CREATE TABLE group_members (
	group_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_group_members PRIMARY KEY (group_id, user_id)
);
CREATE TABLE groups (
	id VARCHAR(64) NOT NULL, 
	domain_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT NOT NULL, 
	CONSTRAINT pk_groups PRIMARY KEY (id), 
	CONSTRAINT uq_groups_domain_id_name UNIQUE (domain_id, name)
);
CREATE TABLE hypervisors (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	driver VARCHAR(32) NOT NULL, 
	hypervisor_type VARCHAR(32) NOT NULL, 
	version BIGINT DEFAULT '0' NOT NULL, 
	vcpus BIGINT DEFAULT '0' NOT NULL, 
	memory_mib BIGINT DEFAULT '0' NOT NULL, 
	disk_gib BIGINT DEFAULT '0' NOT NULL, 
	up BOOLEAN DEFAULT 1 NOT NULL, 
	updated_at DATETIME, 
	CONSTRAINT pk_hypervisors PRIMARY KEY (id), 
	CONSTRAINT uq_hypervisors_name UNIQUE (name)
);
INSERT INTO "hypervisors" VALUES('c870f5f1-f84b-5781-9378-f0ff050324f8','sim-1','sim','sim',1,10000,67108864,1048576,1,'2026-11-21 09:14:16.477568');
CREATE TABLE image_members (
	image_id VARCHAR(64) NOT NULL, 
	member_id VARCHAR(64) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_image_members PRIMARY KEY (image_id, member_id)
);
CREATE TABLE images (
	id VARCHAR(64) NOT NULL, 
	owner VARCHAR(64), 
	name VARCHAR(255), 
	status VARCHAR(32) NOT NULL, 
	visibility VARCHAR(16) NOT NULL, 
	protected BOOLEAN DEFAULT 0 NOT NULL, 
	os_hidden BOOLEAN DEFAULT 0 NOT NULL, 
	disk_format VARCHAR(20), 
	container_format VARCHAR(20), 
	min_disk BIGINT DEFAULT '0' NOT NULL, 
	min_ram BIGINT DEFAULT '0' NOT NULL, 
	size BIGINT, 
	virtual_size BIGINT, 
	checksum VARCHAR(32), 
	os_hash_algo VARCHAR(16), 
	os_hash_value VARCHAR(128), 
	location TEXT, 
	properties JSON, 
	tags JSON, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	CONSTRAINT pk_images PRIMARY KEY (id)
);
CREATE TABLE instance_actions (
	id VARCHAR(64) NOT NULL, 
	server_id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	action VARCHAR(48) NOT NULL, 
	message TEXT, 
	started_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_instance_actions PRIMARY KEY (id)
);
INSERT INTO "instance_actions" VALUES('4fa467ef-ac74-4cae-b248-1100bf2c5b4e','7991e625-1c57-4836-8434-35b5dd5358f4','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','req-63d0e2f4-dbfa-4b0a-94d6-3bac3d6b2da7','create',NULL,'2026-11-21 09:14:18.226286','2026-11-21 09:14:18.226286');
CREATE TABLE keypairs (
	user_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	serial BIGINT NOT NULL, 
	type VARCHAR(8) NOT NULL, 
	fingerprint VARCHAR(255) NOT NULL, 
	public_key TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_keypairs PRIMARY KEY (user_id, name)
);
CREATE TABLE messages (
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	event_id VARCHAR(64) NOT NULL, 
	level VARCHAR(16) NOT NULL, 
	user_message TEXT NOT NULL, 
	resource_type VARCHAR(32), 
	resource_uuid VARCHAR(64), 
	request_id VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	guaranteed_until DATETIME NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (id)
);
CREATE TABLE "operations" (
	sequence INTEGER NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	kind VARCHAR(48) NOT NULL, 
	subject VARCHAR(80) NOT NULL, 
	args JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	step VARCHAR(64), 
	error TEXT, 
	project_id VARCHAR(64), 
	user_id VARCHAR(64), 
	request_id VARCHAR(64), 
	action_id VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	finished_at DATETIME, 
	retries BIGINT DEFAULT 0 NOT NULL, 
	step_at DATETIME, executor VARCHAR(255), journal_format VARCHAR(16), 
	CONSTRAINT pk_operations PRIMARY KEY (sequence), 
	CONSTRAINT uq_operations_id UNIQUE (id)
);
INSERT INTO "operations" VALUES(1,'ac27e01a-380e-4d50-9f18-6c73acc5e390','create_volume','volume/f44354b1-475e-4b57-aec7-3f3deab07f62','{"volume_id":"f44354b1-475e-4b57-aec7-3f3deab07f62"}','succeeded','set_available',NULL,'7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','req-7e39c7d7-407c-44bf-a2a7-afcb12bb0612',NULL,'2026-11-21 09:14:18.042882','2026-11-21 09:14:18.060605','2026-11-21 09:14:18.164196',0,'2026-11-21 09:14:18.152910','vm-22946-f056b7e2','1');
INSERT INTO "operations" VALUES(2,'5c6af432-0db4-4433-a234-9c66f786c10a','boot','server/7991e625-1c57-4836-8434-35b5dd5358f4','{"server_id":"7991e625-1c57-4836-8434-35b5dd5358f4"}','running','boot_guest',NULL,'7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','req-63d0e2f4-dbfa-4b0a-94d6-3bac3d6b2da7','4fa467ef-ac74-4cae-b248-1100bf2c5b4e','2026-11-21 09:14:18.226812','2026-11-21 09:14:18.236775',NULL,0,'2026-11-21 09:14:18.437257','vm-22946-f056b7e2','1');
CREATE TABLE ports (
	sequence INTEGER NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	network_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	ip_address VARCHAR(64) NOT NULL, 
	server_id VARCHAR(64), 
	device_index BIGINT, 
	is_made_for_server BOOLEAN DEFAULT 0 NOT NULL, 
	tag VARCHAR(60), 
	device_owner VARCHAR(255) NOT NULL, 
	device_id VARCHAR(255) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_ports PRIMARY KEY (sequence), 
	CONSTRAINT uq_ports_id UNIQUE (id), 
	CONSTRAINT uq_ports_mac_address UNIQUE (mac_address), 
	CONSTRAINT uq_ports_network_id_ip_address UNIQUE (network_id, ip_address)
);
CREATE TABLE projects (
	id VARCHAR(64) NOT NULL, 
	domain_id VARCHAR(64) NOT NULL, 
	parent_id VARCHAR(64), 
	name VARCHAR(255) NOT NULL, 
	description TEXT NOT NULL, 
	enabled BOOLEAN DEFAULT 1 NOT NULL, 
	tags JSON, 
	extra JSON, 
	CONSTRAINT pk_projects PRIMARY KEY (id), 
	CONSTRAINT uq_projects_domain_id_name UNIQUE (domain_id, name)
);
INSERT INTO "projects" VALUES('e640c1570c595602b07d0939c2e88f1b','default','default','admin','',1,'[]','{}');
INSERT INTO "projects" VALUES('7885ef6bc4de548fa3e48bc91d9eb618','default','default','demo','',1,'[]','{}');
INSERT INTO "projects" VALUES('6bf2c5392f0f5a7ea9fc23e62eddefd2','default','default','service','',1,'[]','{}');
CREATE TABLE qos_specs (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	consumer VARCHAR(16) NOT NULL, 
	specs JSON, 
	CONSTRAINT pk_qos_specs PRIMARY KEY (id), 
	CONSTRAINT uq_qos_specs_name UNIQUE (name)
);
CREATE TABLE quotas (
	service VARCHAR(16) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	resource VARCHAR(255) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quotas PRIMARY KEY (service, project_id, resource)
);
CREATE TABLE role_assignments (
	actor_kind VARCHAR(8) NOT NULL, 
	actor_id VARCHAR(64) NOT NULL, 
	scope_kind VARCHAR(8) NOT NULL, 
	scope_id VARCHAR(64) NOT NULL, 
	role_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_role_assignments PRIMARY KEY (actor_kind, actor_id, scope_kind, scope_id, role_id)
);
INSERT INTO "role_assignments" VALUES('user','f27822df666b5563b047c044da0308a0','project','e640c1570c595602b07d0939c2e88f1b','0a7cf3089fef5e54b28798a118953fa5');
INSERT INTO "role_assignments" VALUES('user','f27822df666b5563b047c044da0308a0','system','all','0a7cf3089fef5e54b28798a118953fa5');
INSERT INTO "role_assignments" VALUES('user','3a8c238386d55a49b633936aeb2f5a9f','project','7885ef6bc4de548fa3e48bc91d9eb618','658027707a5f58749851951d3fd3acd2');
INSERT INTO "role_assignments" VALUES('user','996ac1fa164c5bb0b9135a1238cd296c','project','6bf2c5392f0f5a7ea9fc23e62eddefd2','2f5d23cbd07355aa8f6e4708ad64e10d');
CREATE TABLE roles (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT uq_roles_name UNIQUE (name)
);
INSERT INTO "roles" VALUES('0a7cf3089fef5e54b28798a118953fa5','admin','');
INSERT INTO "roles" VALUES('230b4456c3dc57298d572f9109b6c7fd','manager','');
INSERT INTO "roles" VALUES('658027707a5f58749851951d3fd3acd2','member','');
INSERT INTO "roles" VALUES('6ac715a65a49559bb4a3ba6e4dec67db','reader','');
INSERT INTO "roles" VALUES('2f5d23cbd07355aa8f6e4708ad64e10d','service','');
CREATE TABLE server_groups (
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	policy VARCHAR(32) NOT NULL, 
	rules JSON, 
	members JSON, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_server_groups PRIMARY KEY (id)
);
CREATE TABLE servers (
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	hostname VARCHAR(255) NOT NULL, 
	description TEXT, 
	vm_state VARCHAR(32) NOT NULL, 
	task_state VARCHAR(48), 
	power_state BIGINT DEFAULT '0' NOT NULL, 
	progress BIGINT DEFAULT '0' NOT NULL, 
	flavor JSON NOT NULL, 
	vcpus BIGINT DEFAULT '0' NOT NULL, 
	ram_mib BIGINT DEFAULT '0' NOT NULL, 
	image_ref VARCHAR(64), 
	key_name VARCHAR(255), 
	availability_zone VARCHAR(255), 
	pinned_availability_zone VARCHAR(255), 
	host VARCHAR(255), 
	driver VARCHAR(32) NOT NULL, 
	identity JSON, 
	metadata JSON, 
	system_metadata JSON, 
	tags JSON, 
	scheduler_hints JSON, 
	fault JSON, 
	user_data TEXT, 
	config_drive BOOLEAN DEFAULT 0 NOT NULL, 
	locked BOOLEAN DEFAULT 0 NOT NULL, 
	locked_by VARCHAR(16), 
	locked_reason TEXT, 
	access_ip_v4 VARCHAR(64), 
	access_ip_v6 VARCHAR(64), 
	disk_config VARCHAR(8) NOT NULL, 
	root_device_name VARCHAR(255), 
	reservation_id VARCHAR(64), 
	launch_index BIGINT DEFAULT '0' NOT NULL, 
	cancel_requested BOOLEAN DEFAULT 0 NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	launched_at DATETIME, 
	terminated_at DATETIME, 
	deleted_at DATETIME, 
	CONSTRAINT pk_servers PRIMARY KEY (id)
);
INSERT INTO "servers" VALUES('7991e625-1c57-4836-8434-35b5dd5358f4','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','s','s',NULL,'building','block_device_mapping',0,0,'{"id":"5","name":"m1.volume","vcpus":1,"ram":1024,"disk":0,"ephemeral":0,"swap":0,"extra_specs":{}}',1,1024,NULL,NULL,'nova',NULL,'sim-1','sim','{"connector":{"host":"7991e625-1c57-4836-8434-35b5dd5358f4","wwpns":["c0507612b30c693f","c050769ae0281105"]},"host":"sim-1","driver":{}}','{}','{}','[]','{}',NULL,NULL,0,0,NULL,NULL,NULL,NULL,'MANUAL','/dev/vda','r-c84c8cde',0,0,'2026-11-21 09:14:18.217729','2026-11-21 09:14:18.341909',NULL,NULL,NULL);
CREATE TABLE services (
	id VARCHAR(64) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	binary VARCHAR(64) NOT NULL, 
	zone VARCHAR(255) NOT NULL, 
	disabled BOOLEAN DEFAULT 0 NOT NULL, 
	disabled_reason TEXT, 
	forced_down BOOLEAN DEFAULT 0 NOT NULL, 
	updated_at DATETIME, 
	CONSTRAINT pk_services PRIMARY KEY (id), 
	CONSTRAINT uq_services_host_binary UNIQUE (host, binary)
);
INSERT INTO "services" VALUES('7680c8b2-055e-5fed-a49c-63abfed854f1','sim-1','nova-compute','nova',0,NULL,0,'2026-11-21 09:14:16.479553');
INSERT INTO "services" VALUES('14445f40-93eb-56f2-8c05-050a5464d143','vm','nova-conductor','internal',0,NULL,0,'2026-11-21 09:14:16.480658');
INSERT INTO "services" VALUES('829ea367-01fa-59e4-a14d-23fa0548d906','vm','nova-scheduler','internal',0,NULL,0,'2026-11-21 09:14:16.480911');
CREATE TABLE snapshots (
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	volume_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255), 
	description TEXT, 
	status VARCHAR(32) NOT NULL, 
	progress VARCHAR(8) NOT NULL, 
	size_gib BIGINT NOT NULL, 
	metadata JSON, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	CONSTRAINT pk_snapshots PRIMARY KEY (id)
);
CREATE TABLE stack_resources (
	sequence INTEGER NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	stack_id VARCHAR(64) NOT NULL, 
	parent_id VARCHAR(64), 
	path TEXT NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	type VARCHAR(255) NOT NULL, 
	physical_id VARCHAR(64), 
	subject VARCHAR(80), 
	action VARCHAR(16) NOT NULL, 
	progress VARCHAR(16) NOT NULL, 
	reason TEXT, 
	generation BIGINT NOT NULL, 
	properties JSON NOT NULL, 
	data JSON NOT NULL, 
	requires JSON NOT NULL, 
	is_retained BOOLEAN DEFAULT 0 NOT NULL, 
	is_replaced BOOLEAN DEFAULT 0 NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	look_at DATETIME, 
	CONSTRAINT pk_stack_resources PRIMARY KEY (sequence), 
	CONSTRAINT uq_stack_resources_id UNIQUE (id)
);
CREATE TABLE stacks (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	template JSON NOT NULL, 
	files JSON NOT NULL, 
	parameters JSON NOT NULL, 
	timeout_s BIGINT NOT NULL, 
	has_rollback BOOLEAN DEFAULT 0 NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	progress VARCHAR(16) NOT NULL, 
	reason TEXT, 
	generation BIGINT NOT NULL, 
	request_key VARCHAR(255) NOT NULL, 
	previous JSON, 
	outputs JSON NOT NULL, 
	is_delete_requested BOOLEAN DEFAULT 0 NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deadline_at DATETIME NOT NULL, 
	CONSTRAINT pk_stacks PRIMARY KEY (id)
);
CREATE TABLE tokens (
	digest VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64), 
	body JSON NOT NULL, 
	issued_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_tokens PRIMARY KEY (digest)
);
CREATE TABLE transfers (
	id VARCHAR(64) NOT NULL, 
	volume_id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255), 
	key_hash VARCHAR(128) NOT NULL, 
	salt VARCHAR(32) NOT NULL, 
	no_snapshots BOOLEAN DEFAULT 0 NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_transfers PRIMARY KEY (id)
);
CREATE TABLE users (
	id VARCHAR(64) NOT NULL, 
	domain_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	password_hash TEXT, 
	description TEXT NOT NULL, 
	email TEXT, 
	default_project_id VARCHAR(64), 
	enabled BOOLEAN DEFAULT 1 NOT NULL, 
	extra JSON, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_domain_id_name UNIQUE (domain_id, name)
);
INSERT INTO "users" VALUES('f27822df666b5563b047c044da0308a0','default','admin','$argon2id$v=19$m=19456,t=2,p=1$v/KQqicdXt+kfHDn7SBbLQ$3eVkNqh0ZijJ72ncPzeLIMClB0JRTOx1Wyapdi+bPrQ','',NULL,'e640c1570c595602b07d0939c2e88f1b',1,'{}','2026-11-21 09:14:16.556702');
INSERT INTO "users" VALUES('3a8c238386d55a49b633936aeb2f5a9f','default','demo','$argon2id$v=19$m=19456,t=2,p=1$NucPEoM8SGO0LP4G2zpAkg$vS0RudMLMgyIcfxS3NEAaJqkgLYdYsLNEw+E3aKvXcI','',NULL,'7885ef6bc4de548fa3e48bc91d9eb618',1,'{}','2026-11-21 09:14:16.600514');
INSERT INTO "users" VALUES('996ac1fa164c5bb0b9135a1238cd296c','default','moorage','$argon2id$v=19$m=19456,t=2,p=1$Bl8kUgfHUfs9LX7UgXxY6w$zqUSQwcucZ7zHBpgTPi8KDBh64tnJj5fpVWfHlXgSP8','',NULL,'6bf2c5392f0f5a7ea9fc23e62eddefd2',1,'{}','2026-11-21 09:14:16.633595');
CREATE TABLE volume_backends (
	name VARCHAR(64) NOT NULL, 
	disabled BOOLEAN DEFAULT 0 NOT NULL, 
	disabled_reason TEXT, 
	frozen BOOLEAN DEFAULT 0 NOT NULL, 
	total_gib FLOAT, 
	free_gib FLOAT, 
	updated_at DATETIME, 
	CONSTRAINT pk_volume_backends PRIMARY KEY (name)
);
INSERT INTO "volume_backends" VALUES('fcarray',0,NULL,0,251.97,74.45,'2026-11-21 09:14:16.484504');
INSERT INTO "volume_backends" VALUES('files',0,NULL,0,251.97,74.45,'2026-11-21 09:14:16.488259');
CREATE TABLE volume_types (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT, 
	is_public BOOLEAN DEFAULT 1 NOT NULL, 
	extra_specs JSON, 
	project_access JSON, 
	qos_specs_id VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	CONSTRAINT pk_volume_types PRIMARY KEY (id), 
	CONSTRAINT uq_volume_types_name UNIQUE (name)
);
INSERT INTO "volume_types" VALUES('cc8afd62-8067-5308-807d-c05c99356a51','fcarray','Volumes of backend fcarray',1,'{"volume_backend_name":"fcarray"}','[]',NULL,'2026-11-21 09:14:16.462465',NULL);
INSERT INTO "volume_types" VALUES('67f26805-b206-5cda-b040-889da23c4a5b','files','Volumes of backend files',1,'{"volume_backend_name":"files"}','[]',NULL,'2026-11-21 09:14:16.463361',NULL);
INSERT INTO "volume_types" VALUES('010ab1c1-bacf-575b-94af-84add223d944','__DEFAULT__','Default Volume Type',1,'{"volume_backend_name":"fcarray"}','[]',NULL,'2026-11-21 09:14:16.463641',NULL);
CREATE TABLE volumes (
	id VARCHAR(64) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	name VARCHAR(255), 
	description TEXT, 
	size_gib BIGINT NOT NULL, 
	extending_to_gib BIGINT, 
	status VARCHAR(32) NOT NULL, 
	previous_status VARCHAR(32), 
	attach_status VARCHAR(32) DEFAULT 'detached' NOT NULL, 
	migration_status VARCHAR(32), 
	availability_zone VARCHAR(255) NOT NULL, 
	volume_type_id VARCHAR(64), 
	backend VARCHAR(64) NOT NULL, 
	bootable BOOLEAN DEFAULT 0 NOT NULL, 
	multiattach BOOLEAN DEFAULT 0 NOT NULL, 
	readonly BOOLEAN, 
	source_volid VARCHAR(64), 
	snapshot_id VARCHAR(64), 
	image_id VARCHAR(64), 
	metadata JSON, 
	image_metadata JSON, 
	created_for_server VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	launched_at DATETIME, 
	CONSTRAINT pk_volumes PRIMARY KEY (id)
);
INSERT INTO "volumes" VALUES('f44354b1-475e-4b57-aec7-3f3deab07f62','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','volume',NULL,1,NULL,'attaching',NULL,'attaching',NULL,'nova','010ab1c1-bacf-575b-94af-84add223d944','fcarray',1,0,NULL,NULL,NULL,NULL,'{}','{}',NULL,'2026-11-21 09:14:18.041526','2026-11-21 09:14:18.355615','2026-11-21 09:14:18.144723');
INSERT INTO "volumes" VALUES('37ae346c-4504-5eea-b0c1-e2ef68406f2a','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','7991e625-1c57-4836-8434-35b5dd5358f4-blank-vol',NULL,1,NULL,'attaching',NULL,'attaching',NULL,'nova','010ab1c1-bacf-575b-94af-84add223d944','fcarray',0,0,NULL,NULL,NULL,NULL,'{}','{}','7991e625-1c57-4836-8434-35b5dd5358f4','2026-11-21 09:14:18.271733','2026-11-21 09:14:18.406075','2026-11-21 09:14:18.304754');
CREATE TABLE wait_signals (
	handle_id VARCHAR(64) NOT NULL, 
	signal_id VARCHAR(255) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	data JSON, 
	received_at DATETIME NOT NULL, 
	CONSTRAINT pk_wait_signals PRIMARY KEY (handle_id, signal_id)
);
CREATE TABLE wait_tokens (
	hash VARCHAR(64) NOT NULL, 
	handle_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_wait_tokens PRIMARY KEY (hash)
);
CREATE INDEX ix_action_events_action_id ON action_events (action_id);
CREATE INDEX ix_attachments_server_id ON attachments (server_id);
CREATE INDEX ix_attachments_volume_id ON attachments (volume_id);
CREATE INDEX ix_images_owner ON images (owner);
CREATE INDEX ix_instance_actions_server_id ON instance_actions (server_id);
CREATE INDEX ix_messages_project_id ON messages (project_id);
CREATE INDEX ix_server_groups_project_id ON server_groups (project_id);
CREATE INDEX ix_servers_host ON servers (host);
CREATE INDEX ix_servers_listing ON servers (project_id, deleted_at, created_at, id);
CREATE INDEX ix_snapshots_listing ON snapshots (project_id, created_at, id);
CREATE INDEX ix_snapshots_volume_id ON snapshots (volume_id);
CREATE INDEX ix_tokens_expires_at ON tokens (expires_at);
CREATE INDEX ix_tokens_project_id ON tokens (project_id);
CREATE INDEX ix_tokens_user_id ON tokens (user_id);
CREATE INDEX ix_volumes_listing ON volumes (project_id, created_at, id);
CREATE INDEX ix_volumes_volume_type_id ON volumes (volume_type_id);
CREATE INDEX ix_audit_records_operation_id ON audit_records (operation_id);
CREATE INDEX ix_audit_records_server_id ON audit_records (server_id);
CREATE INDEX ix_stack_resources_parent_id ON stack_resources (parent_id);
CREATE INDEX ix_stack_resources_stack_id ON stack_resources (stack_id);
CREATE INDEX ix_stacks_project_id ON stacks (project_id);
CREATE INDEX ix_wait_tokens_handle_id ON wait_tokens (handle_id);
CREATE INDEX ix_ports_project_id ON ports (project_id);
CREATE INDEX ix_ports_server_id ON ports (server_id);
CREATE INDEX ix_operations_state ON operations (state, sequence);
CREATE INDEX ix_operations_subject ON operations (subject, state, sequence);
CREATE INDEX ix_servers_everywhere ON servers (deleted_at, created_at, id);
CREATE INDEX ix_volumes_everywhere ON volumes (created_at, id);
CREATE INDEX ix_snapshots_everywhere ON snapshots (created_at, id);
COMMIT;
PRAGMA user_version = 0;
