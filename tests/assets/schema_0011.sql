BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE assignments (
	conversation_id VARCHAR NOT NULL, 
	reviewer VARCHAR NOT NULL, 
	sample VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	places INTEGER NOT NULL, 
	draw INTEGER NOT NULL, 
	due_at DATETIME NOT NULL, 
	lease INTEGER, 
	lease_until DATETIME, 
	acted_at DATETIME, 
	event_id INTEGER NOT NULL, 
	PRIMARY KEY (conversation_id, reviewer, sample), 
	FOREIGN KEY(conversation_id) REFERENCES conversations (conversation_id), 
	FOREIGN KEY(sample) REFERENCES samples (sample)
);
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
	imported_at DATETIME NOT NULL, forgotten_at DATETIME, number INTEGER, 
	PRIMARY KEY (conversation_id)
);
INSERT INTO "conversations" VALUES('c0','helpdesk','email','en','Parcel','amara','nora@web.example','free','2026-03-02 09:00:00.000000','2026-03-02 11:00:00.000000',3,'{"csat": 4}','9b21671af46276cfceb7dfc8380d0d02ce156d5b4bb8180f31ebaa3d7c62a136','2026-03-02 09:00:01.000000',NULL,1);
INSERT INTO "conversations" VALUES('c1','helpdesk','chat',NULL,NULL,'derek','nora@web.example','paying','2026-03-03 09:00:00.000000','2026-03-03 11:00:00.000000',3,'{"tags": ["late", "\u00e9t\u00e9"]}','36bf66fe6cbb28ff0b867363c4db8fc3a79e099c360c53775a19b5b9a11200b4','2026-03-02 09:00:01.000000',NULL,2);
INSERT INTO "conversations" VALUES('ü 2','helpdesk','email','en','It''s late',NULL,NULL,NULL,'2026-03-04 09:00:00.000000','2026-03-04 11:00:00.000000',3,'{}','becf046879c4f982e15229b97c89b732a17d179d05e5085bd69878f5f2418214','2026-03-02 09:00:01.000000',NULL,3);
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
INSERT INTO "events" VALUES(1,'u1','ruth',1,'rating','rating:listen','c0','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',NULL,'{"commandment":"listen","comment":"“so-so”, it''s ok","evidence":[{"end":5,"position":1,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","start":0}],"rating":"pass"}','2026-03-02 09:00:04.000000','','d6795b10f2ac1d5ea4f402b1cf4427f3258984c85cd5f4e620e26bdb8296ca2c');
INSERT INTO "events" VALUES(2,'u2','zoë',1,'rating','rating:listen','c0','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',NULL,'{"commandment":"listen","comment":"“so-so”, it''s ok","evidence":[{"end":5,"position":1,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","start":0}],"rating":"fail"}','2026-03-02 09:00:05.000000','','61626c75cf0fd8dbbf26e6151480d7d7100f07c7374ac513ee60fc91640320e1');
INSERT INTO "events" VALUES(3,'u3','ruth',2,'undo','','c0','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',1,'{}','2026-03-02 09:00:06.000000','d6795b10f2ac1d5ea4f402b1cf4427f3258984c85cd5f4e620e26bdb8296ca2c','b1f8154991534ba874c1566cf0b63ef921cc5881690d9a6e41c9be134fead23d');
INSERT INTO "events" VALUES(4,'u4','ruth',3,'rating','rating:listen','c0','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',NULL,'{"commandment":"listen","comment":"“so-so”, it''s ok","evidence":[{"end":5,"position":1,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","start":0}],"rating":"partial"}','2026-03-02 09:00:07.000000','b1f8154991534ba874c1566cf0b63ef921cc5881690d9a6e41c9be134fead23d','eb4fcbb023833f0e27166c6e0095bfe2ff6231e1e631f9eaa073190b16c40975');
INSERT INTO "events" VALUES(5,'u5','ruth',4,'submit','status','c0','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',NULL,'{}','2026-03-02 09:00:08.000000','eb4fcbb023833f0e27166c6e0095bfe2ff6231e1e631f9eaa073190b16c40975','eaee965d8ec1018ba9084c4c6005901d65a25dd3e1baa836086739485ce4b89e');
INSERT INTO "events" VALUES(6,'u6','zoë',2,'skip','status','c1','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',NULL,'{"reason":"no text"}','2026-03-02 09:00:09.000000','61626c75cf0fd8dbbf26e6151480d7d7100f07c7374ac513ee60fc91640320e1','8132bc940d890705e7f77e1d334fa83065d076d7844cd1184a31bec02e556b75');
INSERT INTO "events" VALUES(7,'u7','ruth',5,'good_answer','good_answer:1','c0','hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','march',NULL,'{"commandments":["listen"],"good":true,"note":"","position":1}','2026-03-02 09:00:10.000000','eaee965d8ec1018ba9084c4c6005901d65a25dd3e1baa836086739485ce4b89e','7a7d30ecc19ea02882fab9acaebcfac714d1c5ea5e64cf211ac5d983e5d2a50a');
INSERT INTO "events" VALUES(8,'u8','ines',1,'pin','pin:c0#1:c1#1','','','',NULL,'{"agent":"amara","commandment":"listen","exemplar_id":"c1#1","fault_id":"c0#1","note":"","pinned":true}','2026-03-02 09:00:11.000000','','23c973f8b3f1d22ca77cd3ff240664aed57bc2222ab0a6aa302ce70655c38cee');
CREATE TABLE exports (
	path VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	conversation_ids JSON, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (path)
);
INSERT INTO "exports" VALUES('/tmp/april.csv','messages','1111111111111111111111111111111111111111111111111111111111111111','["c0"]','2026-03-02 09:00:12.000000');
CREATE TABLE imports (
	fingerprint VARCHAR NOT NULL, 
	file VARCHAR NOT NULL, 
	records INTEGER NOT NULL, 
	done BOOLEAN NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (fingerprint)
);
CREATE TABLE messages (
	conversation_id VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	role VARCHAR NOT NULL, 
	author VARCHAR, 
	text TEXT NOT NULL, 
	sent_at DATETIME, 
	votes INTEGER, attachments JSON, folded JSON, extra JSON, 
	PRIMARY KEY (conversation_id, position), 
	FOREIGN KEY(conversation_id) REFERENCES conversations (conversation_id) ON DELETE CASCADE
);
INSERT INTO "messages" VALUES('c0',0,'customer','Nora','Where is my parcel? 📦','2026-03-02 09:00:00.000000',NULL,'["a.png", "b;c.pdf"]','[{"start": 0, "end": 5, "kind": "quote"}]','{"ticket": 7}');
INSERT INTO "messages" VALUES('c0',1,'agent','amara','Sorry, Nora: it''s on the “van”.
You have it by 4.','2026-03-02 10:00:00.000000',4,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('c0',2,'customer','Nora','Thank you!','2026-03-02 11:00:00.000000',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('c1',0,'customer','Nora','Where is my parcel? 📦','2026-03-03 09:00:00.000000',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('c1',1,'agent','amara','Sorry, Nora: it''s on the “van”.
You have it by 4.','2026-03-03 10:00:00.000000',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('c1',2,'customer','Nora','Thank you!','2026-03-03 11:00:00.000000',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('ü 2',0,'customer','Nora','Where is my parcel? 📦','2026-03-04 09:00:00.000000',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('ü 2',1,'agent','amara','Sorry, Nora: it''s on the “van”.
You have it by 4.','2026-03-04 10:00:00.000000',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('ü 2',2,'customer','Nora','Thank you!','2026-03-04 11:00:00.000000',NULL,NULL,NULL,NULL);
CREATE TABLE people (
	login VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	agent VARCHAR, 
	added_at DATETIME NOT NULL, 
	PRIMARY KEY (login), 
	UNIQUE (name)
);
CREATE TABLE rubrics (
	rubric_hash VARCHAR NOT NULL, 
	rubric_id VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	text TEXT NOT NULL, 
	stored_at DATETIME NOT NULL, 
	PRIMARY KEY (rubric_hash)
);
INSERT INTO "rubrics" VALUES('hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','small','1','A small rubric','id = "small"
','2026-03-02 09:00:02.000000');
CREATE TABLE "sample_items" (
	sample VARCHAR NOT NULL, 
	draw INTEGER NOT NULL, 
	conversation_id VARCHAR NOT NULL, 
	stratum VARCHAR NOT NULL, 
	inclusion_probability FLOAT, 
	reason VARCHAR NOT NULL, 
	part VARCHAR DEFAULT 'random' NOT NULL, 
	reserve BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (sample, draw), 
	UNIQUE (sample, conversation_id), 
	FOREIGN KEY(sample) REFERENCES samples (sample), 
	FOREIGN KEY(conversation_id) REFERENCES conversations (conversation_id)
);
INSERT INTO "sample_items" VALUES('march',0,'c0','all',3.33333333333333314829e-01,'all of them','random',0);
INSERT INTO "sample_items" VALUES('march',1,'c1','all',3.33333333333333314829e-01,'all of them','random',0);
INSERT INTO "sample_items" VALUES('march',2,'ü 2','all',3.33333333333333314829e-01,'all of them','random',1);
CREATE TABLE samples (
	sample VARCHAR NOT NULL, 
	"plan" JSON NOT NULL, 
	n_items INTEGER NOT NULL, 
	drawn_at DATETIME NOT NULL, 
	PRIMARY KEY (sample)
);
INSERT INTO "samples" VALUES('march','{"n": 3, "by": ["agent"]}',2,'2026-03-02 09:00:03.000000');
CREATE TABLE secrets (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "secrets" VALUES('pseudonyms','263247c7bde60acba7dd63050cd565b09898a917e9d018df75576183295b3d9b');
CREATE TABLE vectors (
	model VARCHAR NOT NULL, 
	text_hash VARCHAR NOT NULL, 
	vector BLOB NOT NULL, 
	PRIMARY KEY (model, text_hash)
);
INSERT INTO "vectors" VALUES('model@1','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'00BC55B55535003C');
CREATE INDEX ix_events_conversation ON events (conversation_id);
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
CREATE UNIQUE INDEX ix_conversations_number ON conversations (number);
CREATE INDEX ix_events_slot ON events (actor, conversation_id, rubric_hash, slot, event_id, kind, CASE WHEN kind = 'rating' THEN json_extract(payload, '$.rating') END);
CREATE INDEX ix_sample_items_conversation ON sample_items (conversation_id);
CREATE INDEX ix_conversations_agent ON conversations (agent);
CREATE INDEX ix_assignments_next ON assignments (sample, reviewer, state, due_at, draw);
CREATE INDEX ix_assignments_lease ON assignments (sample, state, lease_until);
CREATE INDEX ix_assignments_event ON assignments (sample, reviewer, event_id);
CREATE INDEX ix_messages_author ON messages (author) WHERE role = 'agent';
CREATE INDEX ix_events_target ON events (target) WHERE target IS NOT NULL;
CREATE INDEX ix_events_kind ON events (kind, event_id) WHERE kind <> 'rating';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',8);
COMMIT;
