BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE conversations (
	conversation_id VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	language VARCHAR, 
	subject TEXT, 
	agent VARCHAR, 
	customer VARCHAR, 
	"plan" VARCHAR, 
	started_at DATETIME, 
	ended_at DATETIME, 
	n_messages INTEGER NOT NULL, 
	labels JSON NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	imported_at DATETIME NOT NULL, 
	PRIMARY KEY (conversation_id)
);
INSERT INTO "conversations" VALUES('plain','helpdesk','email','en','Where is my refund?','mei','nora','paying','2026-03-03 08:14:00.000000','2026-03-03 09:02:00.250000',2,'{"subject": "Where is my refund?", "language": "en", "plan": "paying", "votes": [{"message": 1, "helpful": 4}]}','ccf9ba9e3d164197c0ade942e0d41b375fac4fa7b618a486e38a4a5ef5919b4a','2026-09-01 08:00:01.000000');
INSERT INTO "conversations" VALUES('files','jsonl','unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,3,'{"message_fields": [{"position": 0, "attachments": ["scratch.png", {"name": "receipt.pdf", "size": 4}, ""]}, {"position": 1, "ticket": 7}, {"position": 2, "attachments": 2}]}','b113bc44eb62e0190f04d07cb90b93fd2d9be2409c741e6d00f69bddbd7da090','2026-09-01 08:00:01.000000');
INSERT INTO "conversations" VALUES('odd','jsonl','unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'{"message_fields": "none"}','9c47f8e6208855df73292f675bd846eaee0b66275bc4d49f7df43dbed691c1c2','2026-09-01 08:00:01.000000');
CREATE TABLE events (
	event_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uid VARCHAR NOT NULL, 
	actor VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	slot VARCHAR NOT NULL, 
	conversation_id VARCHAR NOT NULL, 
	rubric_hash VARCHAR NOT NULL, 
	sample VARCHAR NOT NULL, 
	target INTEGER, 
	payload TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	prev_hash VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	UNIQUE (actor, seq), 
	UNIQUE (uid)
);
INSERT INTO "events" VALUES(1,'54796505ce294952b93f599af1f3480d','ruth',1,'rating','rating:listen','plain','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',NULL,'{"commandment":"listen","comment":"","evidence":[],"rating":"pass"}','2026-09-01 08:00:04.000000','','87dcc4f77cf56b3fa1bce97b4011d2a287f112f5a224435e9a2e2db02e5f7f75');
INSERT INTO "events" VALUES(2,'5e4dc20f719a48b6b03870201ae92e14','ruth',2,'rating','rating:listen','plain','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',NULL,'{"commandment":"listen","comment":"says not when","evidence":[{"end":2,"position":1,"start":0,"text_hash":"c9467d03e5906760a8c3dc3d70fe39210fb0633f345891d0696bd88669db34ba"}],"rating":"fail"}','2026-09-01 08:00:05.000000','87dcc4f77cf56b3fa1bce97b4011d2a287f112f5a224435e9a2e2db02e5f7f75','ef6788eb4448d1b9f18fc71f015abe31947bceda5a307b0f25ec6c7760185232');
INSERT INTO "events" VALUES(3,'8a52e47328f840f0baf948857f2e44a2','ruth',3,'undo','','plain','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',2,'{"commandment":"listen","kind":"rating","number":1}','2026-09-01 08:00:06.000000','ef6788eb4448d1b9f18fc71f015abe31947bceda5a307b0f25ec6c7760185232','18c349cfb927bf49d6f217d5276df3ac11fcba8c30c55efb91605d6d8f29159c');
INSERT INTO "events" VALUES(4,'52ec849ec2be40bc99e21fd720557490','ruth',4,'rating','rating:solve','plain','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',NULL,'{"commandment":"solve","comment":"","evidence":[],"rating":"partial"}','2026-09-01 08:00:07.000000','18c349cfb927bf49d6f217d5276df3ac11fcba8c30c55efb91605d6d8f29159c','8131cb072e8c4e96b3297fb5a613f0e6a21b92918978279e109ac256cb4e5ffe');
INSERT INTO "events" VALUES(5,'522c320190464156b4fea59eaef8da63','ruth',5,'submit','status','plain','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',NULL,'{}','2026-09-01 08:00:08.000000','8131cb072e8c4e96b3297fb5a613f0e6a21b92918978279e109ac256cb4e5ffe','aa1478229cfcbcb854b6f3a47e358fd246e629a7686f5c1c53a56fc41d9179b9');
INSERT INTO "events" VALUES(6,'ff175d7caf004806b2455cff6dadd3b8','ruth',6,'skip','status','odd','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',NULL,'{"reason":"spam"}','2026-09-01 08:00:09.000000','aa1478229cfcbcb854b6f3a47e358fd246e629a7686f5c1c53a56fc41d9179b9','c0e5b3e73c05ed70d2c41b6ece67cfe107967abedb45468edfc0dddc51123ff7');
INSERT INTO "events" VALUES(7,'dfe638bb52314830b4f3e25c9598e180','ruth',7,'good_answer','good_answer:1','files','713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','first',NULL,'{"commandments":["listen"],"good":true,"note":"kind","position":1,"text_hash":"8569efc4ed5a6273140c2b6ec0ab8d99f4398210808fbb7c0cbbae4fbcc21350"}','2026-09-01 08:00:10.000000','c0e5b3e73c05ed70d2c41b6ece67cfe107967abedb45468edfc0dddc51123ff7','751c90eaac07035d94930781ef1066fd990576f908e11b75247bda90dbfbbdad');
CREATE TABLE messages (
	conversation_id VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	role VARCHAR NOT NULL, 
	author VARCHAR, 
	text TEXT NOT NULL, 
	sent_at DATETIME, 
	votes INTEGER, 
	PRIMARY KEY (conversation_id, position), 
	FOREIGN KEY(conversation_id) REFERENCES conversations (conversation_id) ON DELETE CASCADE
);
INSERT INTO "messages" VALUES('plain',0,'customer','nora','Where is my refund? 📦','2026-03-03 08:14:00.000000',NULL);
INSERT INTO "messages" VALUES('plain',1,'agent','mei','It left us this morning.','2026-03-03 09:02:00.250000',4);
INSERT INTO "messages" VALUES('files',0,'customer',NULL,'See the picture.',NULL,NULL);
INSERT INTO "messages" VALUES('files',1,'agent',NULL,'Thank you.',NULL,NULL);
INSERT INTO "messages" VALUES('files',2,'customer',NULL,'One more.',NULL,NULL);
INSERT INTO "messages" VALUES('odd',0,'customer',NULL,'attachments',NULL,NULL);
CREATE TABLE rubrics (
	rubric_hash VARCHAR NOT NULL, 
	rubric_id VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	text TEXT NOT NULL, 
	stored_at DATETIME NOT NULL, 
	PRIMARY KEY (rubric_hash)
);
INSERT INTO "rubrics" VALUES('713d76e93a4511e9d0fafc17edfb77f3313b6d593ae7fdf2fa9a8692c0bfd3d6','small','1','A small rubric','
id = "small"
title = "A small rubric"
version = "1"
language = "en"
[groups]
all = "All"

[[commandments]]
id = "listen"
group = "all"
title = "Listen"
asks = "I ask for listen."
pass = "It passes listen."
partial = "It half passes listen."
fail = "It fails listen."
not_applicable = "No matter of listen."
weight = 4
critical = false
clauses = []

[[commandments]]
id = "solve"
group = "all"
title = "Solve"
asks = "I ask for solve."
pass = "It passes solve."
partial = "It half passes solve."
fail = "It fails solve."
not_applicable = "No matter of solve."
weight = 5
critical = true
clauses = []
','2026-09-01 08:00:03.000000');
CREATE TABLE sample_items (
	sample VARCHAR NOT NULL, 
	draw INTEGER NOT NULL, 
	conversation_id VARCHAR NOT NULL, 
	stratum VARCHAR NOT NULL, 
	inclusion_probability FLOAT NOT NULL, 
	reason VARCHAR NOT NULL, 
	PRIMARY KEY (sample, draw), 
	UNIQUE (sample, conversation_id), 
	FOREIGN KEY(sample) REFERENCES samples (sample), 
	FOREIGN KEY(conversation_id) REFERENCES conversations (conversation_id)
);
INSERT INTO "sample_items" VALUES('first',0,'plain','all',1.0,'all of them');
INSERT INTO "sample_items" VALUES('first',1,'files','all',1.0,'all of them');
INSERT INTO "sample_items" VALUES('first',2,'odd','all',1.0,'all of them');
CREATE TABLE samples (
	sample VARCHAR NOT NULL, 
	"plan" JSON NOT NULL, 
	n_items INTEGER NOT NULL, 
	drawn_at DATETIME NOT NULL, 
	PRIMARY KEY (sample)
);
INSERT INTO "samples" VALUES('first','{"n": 3}',3,'2026-09-01 08:00:02.000000');
CREATE TABLE vectors (
	model VARCHAR NOT NULL, 
	text_hash VARCHAR NOT NULL, 
	vector BLOB NOT NULL, 
	PRIMARY KEY (model, text_hash)
);
INSERT INTO "vectors" VALUES('model/fp32','a',X'003C003C003C003C');
CREATE INDEX ix_events_slot ON events (actor, conversation_id, rubric_hash, slot, event_id);
CREATE INDEX ix_events_conversation ON events (conversation_id);
CREATE INDEX ix_events_target ON events (target);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE VIEW current_events AS
        SELECT e.* FROM events e
        WHERE e.kind <> 'undo'
          AND NOT EXISTS (SELECT 1 FROM events u WHERE u.target = e.event_id)
          AND NOT EXISTS (
            SELECT 1 FROM events n
            WHERE n.actor = e.actor AND n.conversation_id = e.conversation_id AND n.rubric_hash = e.rubric_hash
              AND n.slot = e.slot AND n.event_id > e.event_id AND n.kind <> 'undo'
              AND NOT EXISTS (SELECT 1 FROM events v WHERE v.target = n.event_id));
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',7);
COMMIT;
