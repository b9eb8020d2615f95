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
INSERT INTO "action_events" VALUES('a7131fde-acb2-4983-8029-f29e35f47491','ab19df70-3701-46f4-bebe-0c617b1de941','compute__do_build_and_run_instance',NULL,NULL,NULL,NULL,'2026-11-21 08:43:37.462985',NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
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
INSERT INTO "attachments" VALUES('401ad20b-1cad-417d-8801-fd51c35795b2','7885ef6bc4de548fa3e48bc91d9eb618','e3b83d20-fef3-4cb6-b96f-576d1c26d909','4d0d9cd1-702a-48de-8f18-7f9924bfe702','401ad20b-1cad-417d-8801-fd51c35795b2','volume','volume','4d0d9cd1-702a-48de-8f18-7f9924bfe702','/dev/vda',NULL,0,0,1,NULL,NULL,NULL,NULL,'799ee5eb-07dc-4323-be94-23773d654bb9','attaching','rw','{"host":"e3b83d20-fef3-4cb6-b96f-576d1c26d909","wwpns":["c0507677a7e6494f","c050765c4a533303"]}','{"driver_volume_type":"fibre_channel","data":{"target_wwn":["500507680210ba1e","500507680220ba1e","500507680230ba1e","500507680240ba1e"],"target_lun":0,"wwn":"6005076802e906d64c1c3312f71588bc","initiator_target_map":{"c0507677a7e6494f":["500507680210ba1e","500507680230ba1e"],"c050765c4a533303":["500507680220ba1e","500507680240ba1e"]},"target_discovered":false,"volume_id":"4d0d9cd1-702a-48de-8f18-7f9924bfe702"}}',NULL,NULL,NULL,'2026-11-21 08:43:37.418833','2026-11-21 08:43:37.672775');
INSERT INTO "attachments" VALUES('164db059-be75-495c-bf3c-5374f0c0c8ec','7885ef6bc4de548fa3e48bc91d9eb618','e3b83d20-fef3-4cb6-b96f-576d1c26d909','c6238e0a-f6a1-5581-8fe0-06cc396d282b','164db059-be75-495c-bf3c-5374f0c0c8ec','blank','volume',NULL,'/dev/vdb',NULL,NULL,1,1,NULL,NULL,NULL,NULL,'56af5230-c2f5-4165-b931-1038f0d5f0bf','attaching','rw','{"host":"e3b83d20-fef3-4cb6-b96f-576d1c26d909","wwpns":["c0507677a7e6494f","c050765c4a533303"]}','{"driver_volume_type":"fibre_channel","data":{"target_wwn":["500507680210ba1e","500507680220ba1e","500507680230ba1e","500507680240ba1e"],"target_lun":1,"wwn":"600507680262562c49c3bf97c705b25f","initiator_target_map":{"c0507677a7e6494f":["500507680210ba1e","500507680230ba1e"],"c050765c4a533303":["500507680220ba1e","500507680240ba1e"]},"target_discovered":false,"volume_id":"c6238e0a-f6a1-5581-8fe0-06cc396d282b"}}',NULL,NULL,NULL,'2026-11-21 08:43:37.429933','2026-11-21 08:43:37.716731');
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
INSERT INTO "flavors" VALUES('1','m1.tiny',1,512,1,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 08:43:33.623040');
INSERT INTO "flavors" VALUES('2','m1.small',1,2048,20,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 08:43:33.629067');
INSERT INTO "flavors" VALUES('3','m1.medium',2,4096,40,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 08:43:33.629513');
INSERT INTO "flavors" VALUES('4','m1.large',4,8192,80,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 08:43:33.629796');
INSERT INTO "flavors" VALUES('5','m1.volume',1,1024,0,0,0,1.0,1,0,NULL,'{}','[]','2026-11-21 08:43:33.630013');
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
INSERT INTO "hypervisors" VALUES('c870f5f1-f84b-5781-9378-f0ff050324f8','sim-1','sim','sim',1,10000,67108864,1048576,1,'2026-11-21 08:43:33.650578');
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
INSERT INTO "instance_actions" VALUES('ab19df70-3701-46f4-bebe-0c617b1de941','e3b83d20-fef3-4cb6-b96f-576d1c26d909','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','req-31949206-47bb-46ba-95d0-3cb457e2685b','create',NULL,'2026-11-21 08:43:37.430331','2026-11-21 08:43:37.430331');
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
INSERT INTO "operations" VALUES(1,'5b5a1eb6-8b15-48a4-b321-9f4f072f3236','create_volume','volume/4d0d9cd1-702a-48de-8f18-7f9924bfe702','{"volume_id":"4d0d9cd1-702a-48de-8f18-7f9924bfe702"}','succeeded','set_available',NULL,'7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','req-a1cc6c50-f7dc-4b16-b3da-5438af366b0e',NULL,'2026-11-21 08:43:37.075014','2026-11-21 08:43:37.140755','2026-11-21 08:43:37.342475',0,'2026-11-21 08:43:37.332359','vm-7108-7b5a2770','1');
INSERT INTO "operations" VALUES(2,'af8b41f2-4ef4-48cc-ab28-4605caf209e9','boot','server/e3b83d20-fef3-4cb6-b96f-576d1c26d909','{"server_id":"e3b83d20-fef3-4cb6-b96f-576d1c26d909"}','running','boot_guest',NULL,'7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','req-31949206-47bb-46ba-95d0-3cb457e2685b','ab19df70-3701-46f4-bebe-0c617b1de941','2026-11-21 08:43:37.439766','2026-11-21 08:43:37.462985',NULL,0,'2026-11-21 08:43:37.724886','vm-7108-7b5a2770','1');
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
INSERT INTO "servers" VALUES('e3b83d20-fef3-4cb6-b96f-576d1c26d909','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','s','s',NULL,'building','block_device_mapping',0,0,'{"id":"5","name":"m1.volume","vcpus":1,"ram":1024,"disk":0,"ephemeral":0,"swap":0,"extra_specs":{}}',1,1024,NULL,NULL,'nova',NULL,'sim-1','sim','{"connector":{"host":"e3b83d20-fef3-4cb6-b96f-576d1c26d909","wwpns":["c0507677a7e6494f","c050765c4a533303"]},"host":"sim-1","driver":{}}','{}','{}','[]','{}',NULL,NULL,0,0,NULL,NULL,NULL,NULL,'MANUAL','/dev/vda','r-9bb3f9b4',0,0,'2026-11-21 08:43:37.416974','2026-11-21 08:43:37.601239',NULL,NULL,NULL);
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
INSERT INTO "services" VALUES('7680c8b2-055e-5fed-a49c-63abfed854f1','sim-1','nova-compute','nova',0,NULL,0,'2026-11-21 08:43:33.665402');
INSERT INTO "services" VALUES('14445f40-93eb-56f2-8c05-050a5464d143','vm','nova-conductor','internal',0,NULL,0,'2026-11-21 08:43:33.666609');
INSERT INTO "services" VALUES('829ea367-01fa-59e4-a14d-23fa0548d906','vm','nova-scheduler','internal',0,NULL,0,'2026-11-21 08:43:33.667086');
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
	path VARCHAR(1024) NOT NULL, 
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
INSERT INTO "users" VALUES('f27822df666b5563b047c044da0308a0','default','admin','$argon2id$v=19$m=19456,t=2,p=1$Gnjimx17UxEf0qCc84k9eg$SpakgSAo1j3FNewGSkdwfE6PwxCgSH8wv7+6v8ddwyA','',NULL,'e640c1570c595602b07d0939c2e88f1b',1,'{}','2026-11-21 08:43:33.897549');
INSERT INTO "users" VALUES('3a8c238386d55a49b633936aeb2f5a9f','default','demo','$argon2id$v=19$m=19456,t=2,p=1$sAky57WNHFxGXBOJjhdrOw$M/aXFDO7bwuFtn+PIBt1j8grGwM5eoRgOkzG4JOs1dA','',NULL,'7885ef6bc4de548fa3e48bc91d9eb618',1,'{}','2026-11-21 08:43:34.003223');
INSERT INTO "users" VALUES('996ac1fa164c5bb0b9135a1238cd296c','default','moorage','$argon2id$v=19$m=19456,t=2,p=1$qCbomDVK4b29CNeDwY0vpQ$vuJ+RcrzYxRAQuBxnOBGOKZXGU0lwWBS2HzyS4e9dcY','',NULL,'6bf2c5392f0f5a7ea9fc23e62eddefd2',1,'{}','2026-11-21 08:43:34.081240');
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
INSERT INTO "volume_backends" VALUES('fcarray',0,NULL,0,251.97,74.71,'2026-11-21 08:43:33.676961');
INSERT INTO "volume_backends" VALUES('files',0,NULL,0,251.97,74.71,'2026-11-21 08:43:33.685966');
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
INSERT INTO "volume_types" VALUES('cc8afd62-8067-5308-807d-c05c99356a51','fcarray','Volumes of backend fcarray',1,'{"volume_backend_name":"fcarray"}','[]',NULL,'2026-11-21 08:43:33.610342',NULL);
INSERT INTO "volume_types" VALUES('67f26805-b206-5cda-b040-889da23c4a5b','files','Volumes of backend files',1,'{"volume_backend_name":"files"}','[]',NULL,'2026-11-21 08:43:33.615562',NULL);
INSERT INTO "volume_types" VALUES('010ab1c1-bacf-575b-94af-84add223d944','__DEFAULT__','Default Volume Type',1,'{"volume_backend_name":"fcarray"}','[]',NULL,'2026-11-21 08:43:33.620871',NULL);
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
INSERT INTO "volumes" VALUES('4d0d9cd1-702a-48de-8f18-7f9924bfe702','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','volume',NULL,1,NULL,'attaching',NULL,'attaching',NULL,'nova','010ab1c1-bacf-575b-94af-84add223d944','fcarray',1,0,NULL,NULL,NULL,NULL,'{}','{}',NULL,'2026-11-21 08:43:37.073901','2026-11-21 08:43:37.645345','2026-11-21 08:43:37.324425');
INSERT INTO "volumes" VALUES('c6238e0a-f6a1-5581-8fe0-06cc396d282b','7885ef6bc4de548fa3e48bc91d9eb618','3a8c238386d55a49b633936aeb2f5a9f','e3b83d20-fef3-4cb6-b96f-576d1c26d909-blank-vol',NULL,1,NULL,'attaching',NULL,'attaching',NULL,'nova','010ab1c1-bacf-575b-94af-84add223d944','fcarray',0,0,NULL,NULL,NULL,NULL,'{}','{}','e3b83d20-fef3-4cb6-b96f-576d1c26d909','2026-11-21 08:43:37.521573','2026-11-21 08:43:37.692587','2026-11-21 08:43:37.569173');
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
CREATE INDEX ix_operations_subject ON operations (subject, state, sequence);
CREATE INDEX ix_operations_state ON operations (state, sequence);
COMMIT;
PRAGMA user_version = 0;
