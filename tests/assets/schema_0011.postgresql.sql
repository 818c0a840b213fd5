SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.count_events() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE first BIGINT; newest BIGINT; n BIGINT;
        BEGIN
          SELECT min(event_id), max(event_id), count(*) INTO first, newest, n FROM added;
          IF n = 0 THEN RETURN NULL; END IF;
          UPDATE event_counter SET last = newest WHERE last = first - 1 AND newest - first + 1 = n;
          IF NOT FOUND THEN RAISE EXCEPTION 'events are numbered without a gap'; END IF;
          RETURN NULL;
        END $$;
CREATE FUNCTION public.refuse_change_of_events() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN RAISE EXCEPTION 'events are append-only'; END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.assignments (
    conversation_id character varying NOT NULL COLLATE pg_catalog."C",
    reviewer character varying NOT NULL COLLATE pg_catalog."C",
    sample character varying NOT NULL COLLATE pg_catalog."C",
    state character varying NOT NULL COLLATE pg_catalog."C",
    places bigint NOT NULL,
    draw bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    lease bigint,
    lease_until timestamp with time zone,
    acted_at timestamp with time zone,
    event_id bigint NOT NULL
);
CREATE TABLE public.conversations (
    conversation_id character varying NOT NULL COLLATE pg_catalog."C",
    source character varying NOT NULL COLLATE pg_catalog."C",
    channel character varying NOT NULL COLLATE pg_catalog."C",
    language character varying COLLATE pg_catalog."C",
    subject text COLLATE pg_catalog."C",
    agent character varying COLLATE pg_catalog."C",
    customer character varying COLLATE pg_catalog."C",
    plan character varying COLLATE pg_catalog."C",
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    n_messages bigint NOT NULL,
    labels json NOT NULL,
    content_hash character varying NOT NULL COLLATE pg_catalog."C",
    imported_at timestamp with time zone NOT NULL,
    forgotten_at timestamp with time zone,
    number bigint
);
CREATE TABLE public.events (
    event_id bigint NOT NULL,
    uid character varying NOT NULL COLLATE pg_catalog."C",
    actor character varying NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    kind character varying NOT NULL COLLATE pg_catalog."C",
    slot character varying NOT NULL COLLATE pg_catalog."C",
    conversation_id character varying NOT NULL COLLATE pg_catalog."C",
    rubric_hash character varying NOT NULL COLLATE pg_catalog."C",
    sample character varying NOT NULL COLLATE pg_catalog."C",
    target bigint,
    payload text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    prev_hash character varying NOT NULL COLLATE pg_catalog."C",
    hash character varying NOT NULL COLLATE pg_catalog."C"
);
ALTER TABLE ONLY public.events ALTER COLUMN conversation_id SET (n_distinct=-0.04);
CREATE VIEW public.current_events AS
 SELECT event_id,
    uid,
    actor,
    seq,
    kind,
    slot,
    conversation_id,
    rubric_hash,
    sample,
    target,
    payload,
    at,
    prev_hash,
    hash
   FROM public.events e
  WHERE (((kind)::text <> 'undo'::text) AND (NOT (EXISTS ( SELECT 1
           FROM public.events u
          WHERE (u.target = e.event_id)))) AND (NOT (EXISTS ( SELECT 1
           FROM public.events n
          WHERE (((n.actor)::text = (e.actor)::text) AND ((n.conversation_id)::text = (e.conversation_id)::text) AND ((n.rubric_hash)::text = (e.rubric_hash)::text) AND ((n.slot)::text = (e.slot)::text) AND (n.event_id > e.event_id) AND ((n.kind)::text <> 'undo'::text) AND (NOT (EXISTS ( SELECT 1
                   FROM public.events v
                  WHERE (v.target = n.event_id)))))))));
CREATE TABLE public.event_counter (
    last bigint NOT NULL
);
CREATE TABLE public.exports (
    path character varying NOT NULL,
    kind character varying NOT NULL,
    sha256 character varying NOT NULL,
    conversation_ids json,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.imports (
    fingerprint character varying NOT NULL,
    file character varying NOT NULL,
    records integer NOT NULL,
    done boolean NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.messages (
    conversation_id character varying NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    role character varying NOT NULL COLLATE pg_catalog."C",
    author character varying COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C",
    sent_at timestamp with time zone,
    votes bigint,
    attachments json,
    folded json,
    extra json
);
CREATE TABLE public.people (
    login character varying NOT NULL COLLATE pg_catalog."C",
    name character varying NOT NULL COLLATE pg_catalog."C",
    role character varying NOT NULL COLLATE pg_catalog."C",
    agent character varying COLLATE pg_catalog."C",
    added_at timestamp with time zone NOT NULL
);
CREATE TABLE public.rubrics (
    rubric_hash character varying NOT NULL COLLATE pg_catalog."C",
    rubric_id character varying NOT NULL COLLATE pg_catalog."C",
    version character varying NOT NULL COLLATE pg_catalog."C",
    title character varying NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C",
    stored_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sample_items (
    sample character varying NOT NULL COLLATE pg_catalog."C",
    draw bigint NOT NULL,
    conversation_id character varying NOT NULL COLLATE pg_catalog."C",
    stratum character varying NOT NULL COLLATE pg_catalog."C",
    inclusion_probability double precision,
    reason character varying NOT NULL COLLATE pg_catalog."C",
    part character varying DEFAULT 'random'::character varying NOT NULL COLLATE pg_catalog."C",
    reserve boolean DEFAULT false NOT NULL
);
CREATE TABLE public.samples (
    sample character varying NOT NULL COLLATE pg_catalog."C",
    plan json NOT NULL,
    n_items bigint NOT NULL,
    drawn_at timestamp with time zone NOT NULL
);
CREATE TABLE public.secrets (
    name character varying NOT NULL,
    value character varying NOT NULL
);
CREATE TABLE public.vectors (
    model character varying NOT NULL COLLATE pg_catalog."C",
    text_hash character varying NOT NULL COLLATE pg_catalog."C",
    vector bytea NOT NULL
);
INSERT INTO public.alembic_version VALUES ('0011');
INSERT INTO public.conversations VALUES ('c0', 'helpdesk', 'email', 'en', 'Parcel', 'amara', 'nora@web.example', 'free', '2026-03-02 09:00:00+00', '2026-03-02 11:00:00+00', 3, '{"csat": 4}', '9b21671af46276cfceb7dfc8380d0d02ce156d5b4bb8180f31ebaa3d7c62a136', '2026-03-02 09:00:01+00', NULL, 1);
INSERT INTO public.conversations VALUES ('c1', 'helpdesk', 'chat', NULL, NULL, 'derek', 'nora@web.example', 'paying', '2026-03-03 09:00:00+00', '2026-03-03 11:00:00+00', 3, '{"tags": ["late", "\u00e9t\u00e9"]}', '36bf66fe6cbb28ff0b867363c4db8fc3a79e099c360c53775a19b5b9a11200b4', '2026-03-02 09:00:01+00', NULL, 2);
INSERT INTO public.conversations VALUES ('ü 2', 'helpdesk', 'email', 'en', 'It''s late', NULL, NULL, NULL, '2026-03-04 09:00:00+00', '2026-03-04 11:00:00+00', 3, '{}', 'becf046879c4f982e15229b97c89b732a17d179d05e5085bd69878f5f2418214', '2026-03-02 09:00:01+00', NULL, 3);
INSERT INTO public.event_counter VALUES (8);
INSERT INTO public.events VALUES (1, 'u1', 'ruth', 1, 'rating', 'rating:listen', 'c0', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', NULL, '{"commandment":"listen","comment":"“so-so”, it''s ok","evidence":[{"end":5,"position":1,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","start":0}],"rating":"pass"}', '2026-03-02 09:00:04+00', '', 'd6795b10f2ac1d5ea4f402b1cf4427f3258984c85cd5f4e620e26bdb8296ca2c');
INSERT INTO public.events VALUES (2, 'u2', 'zoë', 1, 'rating', 'rating:listen', 'c0', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', NULL, '{"commandment":"listen","comment":"“so-so”, it''s ok","evidence":[{"end":5,"position":1,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","start":0}],"rating":"fail"}', '2026-03-02 09:00:05+00', '', '61626c75cf0fd8dbbf26e6151480d7d7100f07c7374ac513ee60fc91640320e1');
INSERT INTO public.events VALUES (3, 'u3', 'ruth', 2, 'undo', '', 'c0', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', 1, '{}', '2026-03-02 09:00:06+00', 'd6795b10f2ac1d5ea4f402b1cf4427f3258984c85cd5f4e620e26bdb8296ca2c', 'b1f8154991534ba874c1566cf0b63ef921cc5881690d9a6e41c9be134fead23d');
INSERT INTO public.events VALUES (4, 'u4', 'ruth', 3, 'rating', 'rating:listen', 'c0', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', NULL, '{"commandment":"listen","comment":"“so-so”, it''s ok","evidence":[{"end":5,"position":1,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","start":0}],"rating":"partial"}', '2026-03-02 09:00:07+00', 'b1f8154991534ba874c1566cf0b63ef921cc5881690d9a6e41c9be134fead23d', 'eb4fcbb023833f0e27166c6e0095bfe2ff6231e1e631f9eaa073190b16c40975');
INSERT INTO public.events VALUES (5, 'u5', 'ruth', 4, 'submit', 'status', 'c0', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', NULL, '{}', '2026-03-02 09:00:08+00', 'eb4fcbb023833f0e27166c6e0095bfe2ff6231e1e631f9eaa073190b16c40975', 'eaee965d8ec1018ba9084c4c6005901d65a25dd3e1baa836086739485ce4b89e');
INSERT INTO public.events VALUES (6, 'u6', 'zoë', 2, 'skip', 'status', 'c1', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', NULL, '{"reason":"no text"}', '2026-03-02 09:00:09+00', '61626c75cf0fd8dbbf26e6151480d7d7100f07c7374ac513ee60fc91640320e1', '8132bc940d890705e7f77e1d334fa83065d076d7844cd1184a31bec02e556b75');
INSERT INTO public.events VALUES (7, 'u7', 'ruth', 5, 'good_answer', 'good_answer:1', 'c0', 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'march', NULL, '{"commandments":["listen"],"good":true,"note":"","position":1}', '2026-03-02 09:00:10+00', 'eaee965d8ec1018ba9084c4c6005901d65a25dd3e1baa836086739485ce4b89e', '7a7d30ecc19ea02882fab9acaebcfac714d1c5ea5e64cf211ac5d983e5d2a50a');
INSERT INTO public.events VALUES (8, 'u8', 'ines', 1, 'pin', 'pin:c0#1:c1#1', '', '', '', NULL, '{"agent":"amara","commandment":"listen","exemplar_id":"c1#1","fault_id":"c0#1","note":"","pinned":true}', '2026-03-02 09:00:11+00', '', '23c973f8b3f1d22ca77cd3ff240664aed57bc2222ab0a6aa302ce70655c38cee');
INSERT INTO public.exports VALUES ('/tmp/april.csv', 'messages', '1111111111111111111111111111111111111111111111111111111111111111', '["c0"]', '2026-03-02 09:00:12+00');
INSERT INTO public.messages VALUES ('c0', 0, 'customer', 'Nora', 'Where is my parcel? 📦', '2026-03-02 09:00:00+00', NULL, '["a.png", "b;c.pdf"]', '[{"start": 0, "end": 5, "kind": "quote"}]', '{"ticket": 7}');
INSERT INTO public.messages VALUES ('c0', 1, 'agent', 'amara', 'Sorry, Nora: it''s on the “van”.
You have it by 4.', '2026-03-02 10:00:00+00', 4, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('c0', 2, 'customer', 'Nora', 'Thank you!', '2026-03-02 11:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('c1', 0, 'customer', 'Nora', 'Where is my parcel? 📦', '2026-03-03 09:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('c1', 1, 'agent', 'amara', 'Sorry, Nora: it''s on the “van”.
You have it by 4.', '2026-03-03 10:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('c1', 2, 'customer', 'Nora', 'Thank you!', '2026-03-03 11:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('ü 2', 0, 'customer', 'Nora', 'Where is my parcel? 📦', '2026-03-04 09:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('ü 2', 1, 'agent', 'amara', 'Sorry, Nora: it''s on the “van”.
You have it by 4.', '2026-03-04 10:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('ü 2', 2, 'customer', 'Nora', 'Thank you!', '2026-03-04 11:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO public.rubrics VALUES ('hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'small', '1', 'A small rubric', 'id = "small"
', '2026-03-02 09:00:02+00');
INSERT INTO public.sample_items VALUES ('march', 0, 'c0', 'all', 0.3333333333333333, 'all of them', 'random', false);
INSERT INTO public.sample_items VALUES ('march', 1, 'c1', 'all', 0.3333333333333333, 'all of them', 'random', false);
INSERT INTO public.sample_items VALUES ('march', 2, 'ü 2', 'all', 0.3333333333333333, 'all of them', 'random', true);
INSERT INTO public.samples VALUES ('march', '{"n": 3, "by": ["agent"]}', 2, '2026-03-02 09:00:03+00');
INSERT INTO public.secrets VALUES ('pseudonyms', 'cd0c889365771be6021d0abf31d79b1edebb3801c6a264ba7a0ea1f77c436622');
INSERT INTO public.vectors VALUES ('model@1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '\x00bc55b55535003c');
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (conversation_id, reviewer, sample);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (conversation_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_actor_seq_key UNIQUE (actor, seq);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_uid_key UNIQUE (uid);
ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (path);
ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (fingerprint);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (conversation_id, "position");
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_name_key UNIQUE (name);
ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (login);
ALTER TABLE ONLY public.rubrics
    ADD CONSTRAINT rubrics_pkey PRIMARY KEY (rubric_hash);
ALTER TABLE ONLY public.sample_items
    ADD CONSTRAINT sample_items_pkey PRIMARY KEY (sample, draw);
ALTER TABLE ONLY public.sample_items
    ADD CONSTRAINT sample_items_sample_conversation_id_key UNIQUE (sample, conversation_id);
ALTER TABLE ONLY public.samples
    ADD CONSTRAINT samples_pkey PRIMARY KEY (sample);
ALTER TABLE ONLY public.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.vectors
    ADD CONSTRAINT vectors_pkey PRIMARY KEY (model, text_hash);
CREATE INDEX ix_assignments_event ON public.assignments USING btree (sample, reviewer, event_id);
CREATE INDEX ix_assignments_lease ON public.assignments USING btree (sample, state, lease_until);
CREATE INDEX ix_assignments_next ON public.assignments USING btree (sample, reviewer, state, due_at, draw);
CREATE INDEX ix_conversations_agent ON public.conversations USING btree (agent);
CREATE UNIQUE INDEX ix_conversations_number ON public.conversations USING btree (number);
CREATE INDEX ix_events_conversation ON public.events USING btree (conversation_id);
CREATE INDEX ix_events_kind ON public.events USING btree (kind, event_id) WHERE ((kind)::text <> 'rating'::text);
CREATE INDEX ix_events_slot ON public.events USING btree (actor, conversation_id, rubric_hash, slot, event_id);
CREATE INDEX ix_events_target ON public.events USING btree (target) WHERE (target IS NOT NULL);
CREATE INDEX ix_messages_author ON public.messages USING btree (author) WHERE ((role)::text = 'agent'::text);
CREATE INDEX ix_sample_items_conversation ON public.sample_items USING btree (conversation_id);
CREATE TRIGGER events_count AFTER INSERT ON public.events REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_events();
CREATE TRIGGER events_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_events();
ALTER TABLE ONLY public.assignments
    ADD CONSTRAINT assignments_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(conversation_id);
ALTER TABLE ONLY public.assignments
    ADD CONSTRAINT assignments_sample_fkey FOREIGN KEY (sample) REFERENCES public.samples(sample);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(conversation_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sample_items
    ADD CONSTRAINT sample_items_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(conversation_id);
ALTER TABLE ONLY public.sample_items
    ADD CONSTRAINT sample_items_sample_fkey FOREIGN KEY (sample) REFERENCES public.samples(sample);
