BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('2514cadb-0758-47ef-9dd2-701296f5a9a1','1',1795273698000,1795273698000,'nemowatch');
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE nemowatch_first_looks (
	rule TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	is_finished BOOLEAN NOT NULL, 
	PRIMARY KEY (rule, folder)
);
INSERT INTO "nemowatch_first_looks" VALUES('shorts','@root@/talks','take',1);
INSERT INTO "nemowatch_first_looks" VALUES('jokes','@root@/jokes','take',1);
INSERT INTO "nemowatch_first_looks" VALUES('asks','@root@/asks','take',1);
CREATE TABLE nemowatch_jobs (
	job_id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	source_path TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	progress FLOAT, 
	note TEXT NOT NULL, 
	output_folder TEXT, 
	outputs TEXT NOT NULL, 
	queued_at FLOAT NOT NULL, 
	started_at FLOAT, 
	updated_at FLOAT NOT NULL, 
	finished_at FLOAT, 
	round INTEGER DEFAULT '1' NOT NULL, 
	attempt INTEGER DEFAULT '1' NOT NULL, 
	is_parked BOOLEAN DEFAULT '0' NOT NULL, 
	is_unwanted BOOLEAN DEFAULT '0' NOT NULL, 
	cause TEXT, 
	wake_at FLOAT, 
	stop TEXT, 
	priority INTEGER DEFAULT '5' NOT NULL, 
	is_handed_over BOOLEAN DEFAULT '1' NOT NULL, 
	"after" TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (job_id)
);
INSERT INTO "nemowatch_jobs" VALUES('236e6bdc0e274691','asks','@root@/asks/asked.mp4','{"job_id": "236e6bdc0e274691", "rule": "asks", "source": {"path": "@root@/asks/asked.mp4", "size_bytes": 23946, "modified_ns": 1700000000000000000, "inode": 2342933}, "sha256": "74b82e04a8cfc8c6bd185b1fdbe7d15c1b8069f79853b64749c23fbd73f4d390", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/asks-output/asks/asked", "priority": 5, "queued_at": 1795273700.466437, "question": "hold", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/asks", "schedule": "", "after": "keep", "after_folder": null}','attention','The service asks: "Which part should I use: the beginning or the end?" Answer with `nemowatch jobs answer 236e6bdc "…"`; `nemowatch jobs release` leaves it to the service.',NULL,'',NULL,'[]',1.79527370046643710132e+09,1.79527370051735806464e+09,1.79527370061421465878e+09,NULL,1,1,1,0,'question',NULL,'{"step": 4, "name": "edit-1", "cause": "question", "wake_at": null, "clears": "step", "answers": "answer:prompt:1.reply1", "question": "Which part should I use: the beginning or the end?", "balance": null, "times": 1}',5,0,'');
INSERT INTO "nemowatch_jobs" VALUES('1921d6bb09646952','jokes','@root@/jokes/joke.mp4','{"job_id": "1921d6bb09646952", "rule": "jokes", "source": {"path": "@root@/jokes/joke.mp4", "size_bytes": 23945, "modified_ns": 1700000000000000000, "inode": 2342953}, "sha256": "7b00979e95f2b157dda90707fde7763980df1474062f8918cb5a6cc76f33574c", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["tell me a joke"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/jokes-output/jokes/joke", "priority": 5, "queued_at": 1795273700.7552996, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/jokes", "schedule": "", "after": "keep", "after_folder": null}','failed','The prompt "tell me a joke" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music. Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.',NULL,'','@root@/jokes-output/jokes/joke','[]',1.79527370075529956816e+09,1.79527370078882336614e+09,1.79527370163229703899e+09,1.7952737016314313412e+09,1,1,0,0,NULL,NULL,'{"step": 4, "name": "edit-1", "cause": null, "wake_at": null, "clears": "step", "answers": "", "question": "", "balance": null, "times": 1}',5,0,'');
INSERT INTO "nemowatch_jobs" VALUES('acce0afa8a32eb8a','shorts','@root@/talks/tuesday.mp4','{"job_id": "acce0afa8a32eb8a", "rule": "shorts", "source": {"path": "@root@/talks/tuesday.mp4", "size_bytes": 23948, "modified_ns": 1700000000000000000, "inode": 2342981}, "sha256": "49b33c3947b3a0228c7b1957d21e405a813c19660765acbf2de4b60bd6768125", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/tuesday", "priority": 5, "queued_at": 1795273701.7889717, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','preparing','',NULL,'',NULL,'[]',1.79527370178897166248e+09,1.79527370187701654433e+09,1.79527370194029140468e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('24fedf00e663db70','shorts','@root@/talks/monday.mp4','{"job_id": "24fedf00e663db70", "rule": "shorts", "source": {"path": "@root@/talks/monday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2342963}, "sha256": "8acca2bb16048b6015b5f302fa0c94866f1939d4b9bcec826ad38812e72974d0", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/monday", "priority": 5, "queued_at": 1795273701.7947567, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','done','',NULL,'','@root@/talks-output/shorts/monday','[{"name": "monday.mp4", "kind": "video", "size_bytes": 35540, "duration_seconds": 2.0}]',1.79527370179475665099e+09,1.79527370188646221167e+09,1.79527370307570457454e+09,1.7952737030732953548e+09,1,1,0,0,NULL,NULL,NULL,5,0,'');
INSERT INTO "nemowatch_jobs" VALUES('9ae90ba279c9522a','shorts','@root@/talks/wednesday.mp4','{"job_id": "9ae90ba279c9522a", "rule": "shorts", "source": {"path": "@root@/talks/wednesday.mp4", "size_bytes": 23950, "modified_ns": 1700000000000000000, "inode": 2342997}, "sha256": "bfc0df32ba9f93829f3e7bedc81d711709932caf582002efc2bd7d6ca78a67ca", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/wednesday", "priority": 5, "queued_at": 1795273701.7961185, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','editing','',NULL,'',NULL,'[]',1.79527370179611849782e+09,1.79527370188294124603e+09,1795273702.32602,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('32650b1654fb1872','shorts','@root@/talks/sunday.mp4','{"job_id": "32650b1654fb1872", "rule": "shorts", "source": {"path": "@root@/talks/sunday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343066}, "sha256": "cebe4d95fe0bc6fcad7a19f4e5c53816569a9277a13ec5941ebe9833115672e5", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/sunday", "priority": 5, "queued_at": 1795273701.8140368, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','downloading','',NULL,'',NULL,'[]',1.79527370181403684613e+09,1.79527370189353609091e+09,1.79527370286381030084e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('7a86bc97ea8fac0b','shorts','@root@/talks/friday.mp4','{"job_id": "7a86bc97ea8fac0b", "rule": "shorts", "source": {"path": "@root@/talks/friday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343031}, "sha256": "33ca41afa6028e057557f15e5bd398777d4003060194fce1dd2c63387e828c0a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/friday", "priority": 5, "queued_at": 1795273701.7968876, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','exporting','',0.05,'rendering',NULL,'[]',1.79527370179688763613e+09,1.79527370189352250095e+09,1.7952737023839950561e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('3258264b109817a8','shorts','@root@/talks/thursday.mp4','{"job_id": "3258264b109817a8", "rule": "shorts", "source": {"path": "@root@/talks/thursday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343014}, "sha256": "a3d15d2f0cfb1cf86550700a962603fa6e746740f017c20ee1b27933c1775f4d", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/thursday", "priority": 5, "queued_at": 1795273701.8183644, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','editing','',NULL,'',NULL,'[]',1.79527370181836438177e+09,1.79527370188522291186e+09,1.7952737020679442883e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('f0e89a0a397df095','shorts','@root@/talks/saturday.mp4','{"job_id": "f0e89a0a397df095", "rule": "shorts", "source": {"path": "@root@/talks/saturday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343065}, "sha256": "b49461a7aac2b5bf842f9e6ab05635ce065ec53629903ad61f993ff98dd60e9a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/saturday", "priority": 5, "queued_at": 1795273701.8218307, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null}','downloading','',1.0,'downloading saturday.mp4',NULL,'[]',1.79527370182183074946e+09,1.79527370189350223535e+09,1.79527370303779363626e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
CREATE TABLE nemowatch_known_files (
	rule TEXT NOT NULL, 
	path TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	modified_ns BIGINT NOT NULL, 
	inode BIGINT NOT NULL, 
	job_id TEXT, 
	refusal TEXT, 
	skipped TEXT, 
	noted_at FLOAT, 
	condition TEXT, 
	PRIMARY KEY (rule, path)
);
INSERT INTO "nemowatch_known_files" VALUES('asks','@root@/asks/asked.mp4',23946,1700000000000000000,2342933,'236e6bdc0e274691',NULL,NULL,1.79527370046643710132e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('jokes','@root@/jokes/joke.mp4',23945,1700000000000000000,2342953,'1921d6bb09646952',NULL,NULL,1.79527370075529956816e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/tuesday.mp4',23948,1700000000000000000,2342981,'acce0afa8a32eb8a',NULL,NULL,1.79527370178897166248e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/monday.mp4',23947,1700000000000000000,2342963,'24fedf00e663db70',NULL,NULL,1.79527370179475665099e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/wednesday.mp4',23950,1700000000000000000,2342997,'9ae90ba279c9522a',NULL,NULL,1.79527370179611849782e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/sunday.mp4',23947,1700000000000000000,2343066,'32650b1654fb1872',NULL,NULL,1.79527370181403684613e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/friday.mp4',23947,1700000000000000000,2343031,'7a86bc97ea8fac0b',NULL,NULL,1.79527370179688763613e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/thursday.mp4',23949,1700000000000000000,2343014,'3258264b109817a8',NULL,NULL,1.79527370181836438177e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/saturday.mp4',23949,1700000000000000000,2343065,'f0e89a0a397df095',NULL,NULL,1.79527370182183074946e+09,NULL);
CREATE TABLE nemowatch_markers (
	job_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	written_at FLOAT NOT NULL, 
	PRIMARY KEY (job_id, name)
);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','place','{"mount": "/"}',1.79527370052796840667e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','session','{"session": "6792840100789788744", "task": "task_7e37ad5913128754", "link": "https://nemovideo.com/workspace/claim?ct=clm_7e37ad5913128754"}',1.79527370056006264683e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "6792840100789788744", "name": "asked.mp4"}',1.79527370057029771804e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','prompt:1','{"fingerprint": "b9200186c3cbe99541b7b06c019c31f226a0bba8a9d158ae00e9862d93842945", "outline": "{\"fingerprint\": \"b9200186c3cbe99541b7b06c019c31f226a0bba8a9d158ae00e9862d93842945\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"asked\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"7e77349b\", \"asked.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"ce97769f\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"7cd1f2c2\", \"ca78c03e\", \"ef21ee9d\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370059542942045e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','heard:prompt:1','{"texts": "[\"Which part should I use: the beginning or the end?\"]", "edits": "[]", "failure": ""}',1.7952737006033935547e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','place','{"mount": "/"}',1.79527370079993319517e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','session','{"session": "5269906150812997592", "task": "task_9fb1d251981dc25e", "link": "https://nemovideo.com/workspace/claim?ct=clm_9fb1d251981dc25e"}',1.79527370081218934057e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "5269906150812997592", "name": "joke.mp4"}',1.79527370082207107541e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','prompt:1','{"fingerprint": "55e5d629ebe63887aa82ebda508eb4aca582b53ebaaa63354357cd44ee11b79d", "outline": "{\"fingerprint\": \"55e5d629ebe63887aa82ebda508eb4aca582b53ebaaa63354357cd44ee11b79d\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"joke\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"7f5a0e99\", \"joke.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"acdf54ea\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"2eed70ae\", \"85bd6f14\", \"c8eca08c\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370084619188311e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','heard:prompt:1','{"texts": "[\"I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.\"]", "edits": "[]", "failure": ""}',1.79527370085039663315e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','place','{"mount": "/"}',1.79527370190985774995e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','place','{"mount": "/"}',1.79527370191026782991e+09);
INSERT INTO "nemowatch_markers" VALUES('acce0afa8a32eb8a','place','{"mount": "/"}',1.79527370191917204854e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','place','{"mount": "/"}',1.7952737019106664658e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','place','{"mount": "/"}',1.7952737019191949367e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','place','{"mount": "/"}',1.79527370191043710708e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','place','{"mount": "/"}',1.79527370197184514997e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','session','{"session": "2354060044653089859", "task": "task_faf0adf572146023", "link": "https://nemovideo.com/workspace/claim?ct=clm_faf0adf572146023"}',1.79527370197924757005e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','session','{"session": "1883814740877393676", "task": "task_11c4cf8eabbb6c6b", "link": "https://nemovideo.com/workspace/claim?ct=clm_11c4cf8eabbb6c6b"}',1.79527370198665809633e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','session','{"session": "1097190130604889313", "task": "task_19e009a8ac238bbe", "link": "https://nemovideo.com/workspace/claim?ct=clm_19e009a8ac238bbe"}',1.7952737019711143971e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','session','{"session": "3034205341519158076", "task": "task_5057ebcd6eba4f1f", "link": "https://nemovideo.com/workspace/claim?ct=clm_5057ebcd6eba4f1f"}',1.79527370199234294887e+09);
INSERT INTO "nemowatch_markers" VALUES('acce0afa8a32eb8a','session','{"session": "6467537503594359995", "task": "task_725835b5a07ea44c", "link": "https://nemovideo.com/workspace/claim?ct=clm_725835b5a07ea44c"}',1.79527370198767614361e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "1883814740877393676", "name": "thursday.mp4"}',1.79527370200058412549e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "3034205341519158076", "name": "friday.mp4"}',1.79527370201098942755e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "1097190130604889313", "name": "monday.mp4"}',1.79527370205399727821e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "2354060044653089859", "name": "sunday.mp4"}',1.79527370206504654883e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','session','{"session": "3973340146835877432", "task": "task_a2685fdcb3d252b3", "link": "https://nemovideo.com/workspace/claim?ct=clm_a2685fdcb3d252b3"}',1.79527370206620860097e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','session','{"session": "5492904699023422515", "task": "task_2e6f523abc3ae8ce", "link": "https://nemovideo.com/workspace/claim?ct=clm_2e6f523abc3ae8ce"}',1.79527370207883858678e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','prompt:1','{"fingerprint": "38daff0517c88c1c1acb7204f6f9a49d925aeafed9358e3ab4c66addab512aa6", "outline": "{\"fingerprint\": \"38daff0517c88c1c1acb7204f6f9a49d925aeafed9358e3ab4c66addab512aa6\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"friday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"7943d58d\", \"friday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"240148e7\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"0a6a3089\", \"71e01115\", \"d813fa34\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370212887907026e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','prompt:1','{"fingerprint": "6491982b07de88fc39bd014423461cd3219f649b8ddfbc8a13f8ccb5d3133358", "outline": "{\"fingerprint\": \"6491982b07de88fc39bd014423461cd3219f649b8ddfbc8a13f8ccb5d3133358\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"thursday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"c35e0968\", \"thursday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"dcb73871\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"2934c8c6\", \"36e2c44b\", \"8709fd4b\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370212786102294e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370213406944269e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "3973340146835877432", "name": "saturday.mp4"}',1.79527370212545442579e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "5492904699023422515", "name": "wednesday.mp4"}',1.79527370212543177603e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','prompt:1','{"fingerprint": "b6f3bb8729d16e993c9398e32bd338e6040b81e223aa1f118a4abadab63c55c1", "outline": "{\"fingerprint\": \"b6f3bb8729d16e993c9398e32bd338e6040b81e223aa1f118a4abadab63c55c1\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"monday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"44f651a0\", \"monday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"dca9260e\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"4c69ca65\", \"bfad3225\", \"ee1dd284\"], \"upload_count\": 1}", "balance": "[990, 0, 990]"}',1.79527370225592637058e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','prompt:1','{"fingerprint": "f5fe85e612d7b8da8ed8e9e5be2f5d93823317bf22640f966c19888bd86f648f", "outline": "{\"fingerprint\": \"f5fe85e612d7b8da8ed8e9e5be2f5d93823317bf22640f966c19888bd86f648f\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"sunday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"c47b9bf9\", \"sunday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"8cd87d00\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"1bd8ef7f\", \"5dd1535f\", \"de240b16\"], \"upload_count\": 1}", "balance": "[990, 0, 990]"}',1.79527370225975489619e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370228819966313e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370228915524484e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','prompt:1','{"fingerprint": "22c5fa44a2b2d9c3686105e8153e444c591b8b7b4d930953a8901e32c2d063fa", "outline": "{\"fingerprint\": \"22c5fa44a2b2d9c3686105e8153e444c591b8b7b4d930953a8901e32c2d063fa\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"saturday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"54b0ad68\", \"saturday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"8b738adf\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"55a7b9c2\", \"bc133ac2\", \"ed927da2\"], \"upload_count\": 1}", "balance": "[980, 0, 980]"}',1.7952737023318579197e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','render:1','{"id": "render_61d09251835149a4a7087cefc2086614", "at": "1795273702.3536248"}',1.79527370235363769529e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370237565398218e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','prompt:1','{"fingerprint": "70eb908a432c013291164ca270cb0a2cc7dfe1e598ccb854454080ccdc2a35de", "outline": "{\"fingerprint\": \"70eb908a432c013291164ca270cb0a2cc7dfe1e598ccb854454080ccdc2a35de\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"wednesday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"5955fbcb\", \"wednesday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"1e97e2d5\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"1ef00cc1\", \"46ded991\", \"8803d4a9\"], \"upload_count\": 1}", "balance": "[980, 0, 980]"}',1.7952737024126796722e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','render:1','{"id": "render_22ca44508e1c41afb6f0b8bd74893d72", "at": "1795273702.5308447"}',1.79527370253086137772e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','render:1','{"id": "render_23a8804c3fce494f85d8fc69817a1833", "at": "1795273702.5508137"}',1.7952737025508282184e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','render:1','{"id": "render_d916f84024c748ce8d3f38d12d77e828", "at": "1795273702.7017481"}',1.79527370270176100733e+09);
CREATE TABLE nemowatch_orders (
	order_id INTEGER NOT NULL, 
	job_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	text TEXT NOT NULL, 
	given_at FLOAT NOT NULL, 
	answer TEXT, 
	is_refused BOOLEAN DEFAULT '0' NOT NULL, 
	answered_at FLOAT, 
	PRIMARY KEY (order_id)
);
INSERT INTO "nemowatch_orders" VALUES(1,'236e6bdc0e274691','release','',1.79527370314641690259e+09,NULL,0,NULL);
CREATE TABLE nemowatch_prompts_at_work (
	job_id TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	began_at FLOAT NOT NULL, 
	credits INTEGER NOT NULL, 
	is_measured BOOLEAN NOT NULL, 
	total INTEGER, 
	PRIMARY KEY (job_id, prompt)
);
INSERT INTO "nemowatch_prompts_at_work" VALUES('3258264b109817a8','prompt:1','shorts',1.79527370211357879641e+09,7,1,975);
INSERT INTO "nemowatch_prompts_at_work" VALUES('9ae90ba279c9522a','prompt:1','shorts',1.79527370240367412567e+09,0,1,975);
CREATE TABLE nemowatch_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "nemowatch_schema" VALUES(3);
CREATE TABLE nemowatch_shared_sessions (
	session_key TEXT NOT NULL, 
	session_id TEXT, 
	task_id TEXT, 
	holder TEXT, 
	last_holder TEXT, 
	PRIMARY KEY (session_key)
);
CREATE TABLE nemowatch_spending (
	job_id TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	credits INTEGER NOT NULL, 
	spent_at FLOAT NOT NULL, 
	PRIMARY KEY (job_id, prompt)
);
INSERT INTO "nemowatch_spending" VALUES('236e6bdc0e274691','prompt:1','asks',0,1.79527370061080503464e+09);
INSERT INTO "nemowatch_spending" VALUES('1921d6bb09646952','prompt:1','jokes',0,1.79527370159479737277e+09);
INSERT INTO "nemowatch_spending" VALUES('7a86bc97ea8fac0b','prompt:1','shorts',7,1.79527370230753302573e+09);
INSERT INTO "nemowatch_spending" VALUES('32650b1654fb1872','prompt:1','shorts',4,1.79527370240418338779e+09);
INSERT INTO "nemowatch_spending" VALUES('24fedf00e663db70','prompt:1','shorts',4,1.79527370240430641178e+09);
INSERT INTO "nemowatch_spending" VALUES('f0e89a0a397df095','prompt:1','shorts',3,1.79527370253108406071e+09);
CREATE TABLE nemowatch_watch_folders (
	folder TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	had_files BOOLEAN NOT NULL, 
	PRIMARY KEY (folder)
);
INSERT INTO "nemowatch_watch_folders" VALUES('@root@/talks','ext4||2343053|',0);
INSERT INTO "nemowatch_watch_folders" VALUES('@root@/jokes','ext4||2343054|',0);
INSERT INTO "nemowatch_watch_folders" VALUES('@root@/asks','ext4||2343055|',0);
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',1,'prepare','{"seconds":0.013123345997883007,"result":{"size_bytes":23946}}',NULL,NULL,1795273700515,1795273700530,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',2,'connect','{"seconds":0.027410536997194868,"result":{"session_id":"6792840100789788744","task_id":"task_7e37ad5913128754","project_link":"https://nemovideo.com/workspace/claim?ct=clm_7e37ad5913128754","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273700533,1795273700562,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',3,'upload','{"seconds":0.01704478100145934,"result":{"seconds":0.007943994001834653,"name":"asked.mp4","known_media":[]}}',NULL,NULL,1795273700564,1795273700583,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',4,'edit-1','{"pause":{"state":"attention","cause":"question","reason":"The service asks: \"Which part should I use: the beginning or the end?\" Answer with `nemowatch jobs answer 236e6bdc \"…\"`; `nemowatch jobs release` leaves it to the service.","wake_after":null,"grows":false,"clears":"step","answers":"answer:prompt:1.reply1","question":"Which part should I use: the beginning or the end?","balance":null,"back_to":""}}',NULL,NULL,1795273700586,1795273700612,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',1,'prepare','{"seconds":0.013241545006167144,"result":{"size_bytes":23945}}',NULL,NULL,1795273700787,1795273700802,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',2,'connect','{"seconds":0.012116633995901793,"result":{"session_id":"5269906150812997592","task_id":"task_9fb1d251981dc25e","project_link":"https://nemovideo.com/workspace/claim?ct=clm_9fb1d251981dc25e","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273700804,1795273700816,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',3,'upload','{"seconds":0.017166983998322394,"result":{"seconds":0.006851158999779727,"name":"joke.mp4","known_media":[]}}',NULL,NULL,1795273700818,1795273700836,'portable_json','nemowatch',1795273700000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',4,'edit-1','{"failure":{"message":"The prompt \"tell me a joke\" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.","hint":"Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.","has_lost_session":false,"has_paid":true,"clears":"step"}}',NULL,NULL,1795273700838,1795273701599,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',5,'deliver-failed','{"seconds":0.023816173001250718,"result":{"folder":"@root@/jokes-output/jokes/joke","files":[]}}',NULL,NULL,1795273701602,1795273701626,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',1,'prepare','{"seconds":0.0252486460012733,"result":{"size_bytes":23947}}',NULL,NULL,1795273701875,1795273701918,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',1,'prepare','{"seconds":0.03367427000193857,"result":{"size_bytes":23947}}',NULL,NULL,1795273701881,1795273701927,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',1,'prepare','{"seconds":0.04725024399522226,"result":{"size_bytes":23949}}',NULL,NULL,1795273701877,1795273701932,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',1,'prepare','{"seconds":0.045627808998688124,"result":{"size_bytes":23948}}',NULL,NULL,1795273701868,1795273701923,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',1,'prepare','{"seconds":0.03154728499794146,"result":{"size_bytes":23947}}',NULL,NULL,1795273701872,1795273701917,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',1,'prepare','{"seconds":0.08720075200108113,"result":{"size_bytes":23950}}',NULL,NULL,1795273701874,1795273701970,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',2,'connect','{"seconds":0.05162068299978273,"result":{"session_id":"1883814740877393676","task_id":"task_11c4cf8eabbb6c6b","project_link":"https://nemovideo.com/workspace/claim?ct=clm_11c4cf8eabbb6c6b","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273701935,1795273701991,'portable_json','nemowatch',1795273701000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',2,'connect','{"seconds":0.0683348179954919,"result":{"session_id":"3034205341519158076","task_id":"task_5057ebcd6eba4f1f","project_link":"https://nemovideo.com/workspace/claim?ct=clm_5057ebcd6eba4f1f","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273701922,1795273701995,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',2,'connect','{"seconds":0.06254778199945576,"result":{"session_id":"6467537503594359995","task_id":"task_725835b5a07ea44c","project_link":"https://nemovideo.com/workspace/claim?ct=clm_725835b5a07ea44c","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273701935,1795273702002,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',1,'prepare','{"seconds":0.09475664400088135,"result":{"size_bytes":23949}}',NULL,NULL,1795273701886,1795273701988,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',2,'connect','{"seconds":0.05042484400473768,"result":{"session_id":"1097190130604889313","task_id":"task_19e009a8ac238bbe","project_link":"https://nemovideo.com/workspace/claim?ct=clm_19e009a8ac238bbe","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273701938,1795273701992,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',2,'connect','{"seconds":0.05130060499504907,"result":{"session_id":"2354060044653089859","task_id":"task_faf0adf572146023","project_link":"https://nemovideo.com/workspace/claim?ct=clm_faf0adf572146023","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273701933,1795273701988,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',3,'upload','{"seconds":0.06296361999557121,"result":{"seconds":0.03427250599634135,"name":"thursday.mp4","known_media":[]}}',NULL,NULL,1795273701994,1795273702060,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',3,'upload','{"seconds":0.06490966000274057,"result":{"seconds":0.046662783999636304,"name":"friday.mp4","known_media":[]}}',NULL,NULL,1795273702002,1795273702070,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',2,'connect','{"seconds":0.07253946700075176,"result":{"session_id":"3973340146835877432","task_id":"task_a2685fdcb3d252b3","project_link":"https://nemovideo.com/workspace/claim?ct=clm_a2685fdcb3d252b3","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273702009,1795273702084,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',2,'connect','{"seconds":0.09867220500018448,"result":{"session_id":"5492904699023422515","task_id":"task_2e6f523abc3ae8ce","project_link":"https://nemovideo.com/workspace/claim?ct=clm_2e6f523abc3ae8ce","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273701979,1795273702089,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',3,'upload','{"seconds":0.09967534199677175,"result":{"seconds":0.04205290900426917,"name":"monday.mp4","known_media":[]}}',NULL,NULL,1795273702015,1795273702118,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',3,'upload','{"seconds":0.09452616199996555,"result":{"seconds":0.04228139999759151,"name":"sunday.mp4","known_media":[]}}',NULL,NULL,1795273702025,1795273702125,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',3,'upload','{"seconds":0.14352990699990187,"result":{"seconds":0.020527079999737907,"name":"saturday.mp4","known_media":[]}}',NULL,NULL,1795273702087,1795273702242,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',3,'upload','{"seconds":0.20038880799984327,"result":{"seconds":0.03332256000430789,"name":"wednesday.mp4","known_media":[]}}',NULL,NULL,1795273702093,1795273702315,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',4,'edit-1','{"seconds":0.24176686300052097,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: friday (0-2s)","seconds":0.23445599499973468,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273702078,1795273702328,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',4,'edit-1','{"seconds":0.19906872200226644,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: sunday (0-2s)","seconds":0.19469973400555318,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273702232,1795273702435,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',4,'edit-1','{"seconds":0.2744100369964144,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: monday (0-2s)","seconds":0.2678470059981919,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273702225,1795273702501,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',4,'edit-1','{"seconds":0.37408979799511144,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: saturday (0-2s)","seconds":0.3496613149982295,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273702245,1795273702631,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',5,'export-1','{"seconds":0.2700693129954743,"result":{"render_id":"render_22ca44508e1c41afb6f0b8bd74893d72","url":"@service@/cdn/Y1gzdX6WDERk25xY/render_22ca44508e1c41afb6f0b8bd74893d72.mp4","seconds":0.24478482300037285}}',NULL,NULL,1795273702471,1795273702771,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',6,'download-1','{"seconds":0.08194019700022181,"result":{"name":"sunday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273702775,1795273702859,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',7,'collect','{"seconds":0.027323654998326674,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273702862,1795273702891,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',5,'export-1','{"seconds":0.43598892300360603,"result":{"render_id":"render_23a8804c3fce494f85d8fc69817a1833","url":"@service@/cdn/zI-0hVaMmcOdFw-2/render_23a8804c3fce494f85d8fc69817a1833.mp4","seconds":0.41755750099400757}}',NULL,NULL,1795273702516,1795273702967,'portable_json','nemowatch',1795273702000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',5,'export-1','{"seconds":0.3246375300004729,"result":{"render_id":"render_d916f84024c748ce8d3f38d12d77e828","url":"@service@/cdn/H7jqu7MilRZHnvUj/render_d916f84024c748ce8d3f38d12d77e828.mp4","seconds":0.31690527399769053}}',NULL,NULL,1795273702637,1795273703024,'portable_json','nemowatch',1795273703000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',6,'download-1','{"seconds":0.054329168000549544,"result":{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273702968,1795273703028,'portable_json','nemowatch',1795273703000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',7,'collect','{"seconds":0.017228987999260426,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273703029,1795273703047,'portable_json','nemowatch',1795273703000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',6,'download-1','{"seconds":0.02182172900211299,"result":{"name":"saturday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273703025,1795273703049,'portable_json','nemowatch',1795273703000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',8,'deliver-done','{"seconds":0.019264189999375958,"result":{"folder":"@root@/talks-output/shorts/monday","files":[{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}]}}',NULL,NULL,1795273703050,1795273703071,'portable_json','nemowatch',1795273703000);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
INSERT INTO "queues" VALUES('04B72272B05E5F8CB30DD6FA9E6C89F2','recordings',NULL,8,NULL,NULL,1,0,0.05,1795273698000,1795273698419,'nemowatch',NULL,NULL,NULL,NULL);
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('236e6bdc0e274691','{"namedArgs":{},"positionalArgs":["236e6bdc0e274691"]}',1795273700000);
INSERT INTO "workflow_input" VALUES('1921d6bb09646952','{"namedArgs":{},"positionalArgs":["1921d6bb09646952"]}',1795273700000);
INSERT INTO "workflow_input" VALUES('acce0afa8a32eb8a','{"namedArgs":{},"positionalArgs":["acce0afa8a32eb8a"]}',1795273701000);
INSERT INTO "workflow_input" VALUES('24fedf00e663db70','{"namedArgs":{},"positionalArgs":["24fedf00e663db70"]}',1795273701000);
INSERT INTO "workflow_input" VALUES('9ae90ba279c9522a','{"namedArgs":{},"positionalArgs":["9ae90ba279c9522a"]}',1795273701000);
INSERT INTO "workflow_input" VALUES('7a86bc97ea8fac0b','{"namedArgs":{},"positionalArgs":["7a86bc97ea8fac0b"]}',1795273701000);
INSERT INTO "workflow_input" VALUES('32650b1654fb1872','{"namedArgs":{},"positionalArgs":["32650b1654fb1872"]}',1795273701000);
INSERT INTO "workflow_input" VALUES('3258264b109817a8','{"namedArgs":{},"positionalArgs":["3258264b109817a8"]}',1795273701000);
INSERT INTO "workflow_input" VALUES('f0e89a0a397df095','{"namedArgs":{},"positionalArgs":["f0e89a0a397df095"]}',1795273701000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('236e6bdc0e274691','"attention"',NULL,1795273700000);
INSERT INTO "workflow_output" VALUES('1921d6bb09646952','"failed"',NULL,1795273701000);
INSERT INTO "workflow_output" VALUES('24fedf00e663db70','"done"',NULL,1795273703000);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('236e6bdc0e274691','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273700000,1795273700000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273700000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273700000,'null',NULL,NULL,0,'nemowatch','9f222ca0-4b1b-41f3-9992-93a2dcc5cfcd');
INSERT INTO "workflow_status" VALUES('1921d6bb09646952','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273700000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273700000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273701000,'null',NULL,NULL,0,'nemowatch','df1a1354-a682-4533-861f-5434afda8d54');
INSERT INTO "workflow_status" VALUES('acce0afa8a32eb8a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,'e61d6116-cffb-45ba-a892-56f98f9e8bbf',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','0d4c7da7-779f-47ea-b8a8-8ed08123fda1');
INSERT INTO "workflow_status" VALUES('24fedf00e663db70','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273703000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273703000,'null',NULL,NULL,0,'nemowatch','9cca4169-8822-4b51-a21f-4fa9cf49a6f8');
INSERT INTO "workflow_status" VALUES('9ae90ba279c9522a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,'e61d6116-cffb-45ba-a892-56f98f9e8bbf',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','9ca192e3-d48c-4732-8d64-d0d7ac02a006');
INSERT INTO "workflow_status" VALUES('7a86bc97ea8fac0b','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,'e61d6116-cffb-45ba-a892-56f98f9e8bbf',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','d2e1efd0-3b82-4b52-9d79-6d4453efd28c');
INSERT INTO "workflow_status" VALUES('32650b1654fb1872','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,'e61d6116-cffb-45ba-a892-56f98f9e8bbf',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','462eedcb-4ced-4e3b-8fad-058844e37736');
INSERT INTO "workflow_status" VALUES('3258264b109817a8','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,'e61d6116-cffb-45ba-a892-56f98f9e8bbf',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','13b0613c-4651-4b93-ad35-0e948fe1c23a');
INSERT INTO "workflow_status" VALUES('f0e89a0a397df095','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273701000,1795273701000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273701000,NULL,5,NULL,NULL,'e61d6116-cffb-45ba-a892-56f98f9e8bbf',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','b6a7acb6-661b-40f6-affb-2d47d26faaf5');
CREATE INDEX ix_nemowatch_jobs_queued_at ON nemowatch_jobs (queued_at);
CREATE INDEX ix_nemowatch_jobs_to_hand_over ON nemowatch_jobs (is_handed_over, state, priority, queued_at);
CREATE INDEX ix_nemowatch_jobs_source_path ON nemowatch_jobs (source_path);
CREATE INDEX ix_nemowatch_jobs_rule ON nemowatch_jobs (rule);
CREATE INDEX ix_nemowatch_jobs_parked ON nemowatch_jobs (is_parked, cause, wake_at);
CREATE INDEX ix_nemowatch_jobs_after ON nemowatch_jobs ("after");
CREATE INDEX ix_nemowatch_jobs_state ON nemowatch_jobs (state);
CREATE INDEX ix_nemowatch_orders_answered_at ON nemowatch_orders (answered_at);
CREATE INDEX ix_nemowatch_spending_rule ON nemowatch_spending (rule);
CREATE INDEX ix_nemowatch_spending_spent_at ON nemowatch_spending (spent_at);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
