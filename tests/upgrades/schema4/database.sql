BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('f5619aa8-30d7-4267-ae78-163c83b6c6fe','1',1795273705000,1795273705000,'nemowatch');
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
INSERT INTO "nemowatch_jobs" VALUES('236e6bdc0e274691','asks','@root@/asks/asked.mp4','{"job_id": "236e6bdc0e274691", "rule": "asks", "source": {"path": "@root@/asks/asked.mp4", "size_bytes": 23946, "modified_ns": 1700000000000000000, "inode": 2343081}, "sha256": "74b82e04a8cfc8c6bd185b1fdbe7d15c1b8069f79853b64749c23fbd73f4d390", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/asks-output/asks/asked", "priority": 5, "queued_at": 1795273707.71815, "question": "hold", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/asks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','attention','The service asks: "Which part should I use: the beginning or the end?" Answer with `nemowatch jobs answer 236e6bdc "…"`; `nemowatch jobs release` leaves it to the service.',NULL,'',NULL,'[]',1795273707.71815,1.79527370777140092856e+09,1.79527370790121483805e+09,NULL,1,1,1,0,'question',NULL,'{"step": 4, "name": "edit-1", "cause": "question", "wake_at": null, "clears": "step", "answers": "answer:prompt:1.reply1", "question": "Which part should I use: the beginning or the end?", "balance": null, "times": 1}',5,0,'');
INSERT INTO "nemowatch_jobs" VALUES('1921d6bb09646952','jokes','@root@/jokes/joke.mp4','{"job_id": "1921d6bb09646952", "rule": "jokes", "source": {"path": "@root@/jokes/joke.mp4", "size_bytes": 23945, "modified_ns": 1700000000000000000, "inode": 2343076}, "sha256": "7b00979e95f2b157dda90707fde7763980df1474062f8918cb5a6cc76f33574c", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["tell me a joke"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/jokes-output/jokes/joke", "priority": 5, "queued_at": 1795273708.0392213, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/jokes", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','failed','The prompt "tell me a joke" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music. Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.',NULL,'','@root@/jokes-output/jokes/joke','[]',1.79527370803922128677e+09,1.79527370812532353406e+09,1.79527370900549054148e+09,1.79527370900480079648e+09,1,1,0,0,NULL,NULL,'{"step": 4, "name": "edit-1", "cause": null, "wake_at": null, "clears": "step", "answers": "", "question": "", "balance": null, "times": 1}',5,0,'');
INSERT INTO "nemowatch_jobs" VALUES('7a86bc97ea8fac0b','shorts','@root@/talks/friday.mp4','{"job_id": "7a86bc97ea8fac0b", "rule": "shorts", "source": {"path": "@root@/talks/friday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343088}, "sha256": "33ca41afa6028e057557f15e5bd398777d4003060194fce1dd2c63387e828c0a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/friday", "priority": 5, "queued_at": 1795273709.1247053, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','exporting','',0.05,'rendering',NULL,'[]',1.79527370912470531465e+09,1.7952737091599216461e+09,1.79527371015255951883e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('f0e89a0a397df095','shorts','@root@/talks/saturday.mp4','{"job_id": "f0e89a0a397df095", "rule": "shorts", "source": {"path": "@root@/talks/saturday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343095}, "sha256": "b49461a7aac2b5bf842f9e6ab05635ce065ec53629903ad61f993ff98dd60e9a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/saturday", "priority": 5, "queued_at": 1795273709.1317635, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','downloading','',1.0,'downloading saturday.mp4',NULL,'[]',1.7952737091317634583e+09,1.79527370916323590274e+09,1.79527371011981797216e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('32650b1654fb1872','shorts','@root@/talks/sunday.mp4','{"job_id": "32650b1654fb1872", "rule": "shorts", "source": {"path": "@root@/talks/sunday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343099}, "sha256": "cebe4d95fe0bc6fcad7a19f4e5c53816569a9277a13ec5941ebe9833115672e5", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/sunday", "priority": 5, "queued_at": 1795273709.1346483, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','delivering','',NULL,'',NULL,'[]',1.79527370913464832304e+09,1.79527370917975759509e+09,1.79527371025030755991e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('3258264b109817a8','shorts','@root@/talks/thursday.mp4','{"job_id": "3258264b109817a8", "rule": "shorts", "source": {"path": "@root@/talks/thursday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343087}, "sha256": "a3d15d2f0cfb1cf86550700a962603fa6e746740f017c20ee1b27933c1775f4d", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/thursday", "priority": 5, "queued_at": 1795273709.1363854, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','editing','',NULL,'',NULL,'[]',1.79527370913638544078e+09,1.79527370917013406751e+09,1.7952737095831742287e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('acce0afa8a32eb8a','shorts','@root@/talks/tuesday.mp4','{"job_id": "acce0afa8a32eb8a", "rule": "shorts", "source": {"path": "@root@/talks/tuesday.mp4", "size_bytes": 23948, "modified_ns": 1700000000000000000, "inode": 2343085}, "sha256": "49b33c3947b3a0228c7b1957d21e405a813c19660765acbf2de4b60bd6768125", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/tuesday", "priority": 5, "queued_at": 1795273709.1408267, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','preparing','',NULL,'',NULL,'[]',1.79527370914082670216e+09,1.79527370917643666267e+09,1.79527370923084282879e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('9ae90ba279c9522a','shorts','@root@/talks/wednesday.mp4','{"job_id": "9ae90ba279c9522a", "rule": "shorts", "source": {"path": "@root@/talks/wednesday.mp4", "size_bytes": 23950, "modified_ns": 1700000000000000000, "inode": 2343086}, "sha256": "bfc0df32ba9f93829f3e7bedc81d711709932caf582002efc2bd7d6ca78a67ca", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/wednesday", "priority": 5, "queued_at": 1795273709.142741, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','editing','',NULL,'',NULL,'[]',1.79527370914274096488e+09,1.79527370918437528604e+09,1.79527370954456686976e+09,NULL,1,1,0,0,NULL,NULL,NULL,5,1,'');
INSERT INTO "nemowatch_jobs" VALUES('24fedf00e663db70','shorts','@root@/talks/monday.mp4','{"job_id": "24fedf00e663db70", "rule": "shorts", "source": {"path": "@root@/talks/monday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343084}, "sha256": "8acca2bb16048b6015b5f302fa0c94866f1939d4b9bcec826ad38812e72974d0", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/monday", "priority": 5, "queued_at": 1795273709.5136719, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null, "folder": "@root@/talks", "schedule": "", "after": "keep", "after_folder": null, "oversize": "compress", "convert": false, "trim": null, "frames": {"every_seconds": 5.0, "at": [], "format": "png"}, "has_overview": true}','done','',NULL,'','@root@/talks-output/shorts/monday','[{"name": "monday.mp4", "kind": "video", "size_bytes": 35540, "duration_seconds": 2.0}, {"name": "overview.jpg", "kind": "overview", "size_bytes": 15978, "duration_seconds": null}, {"name": "thumbnail.jpg", "kind": "thumbnail", "size_bytes": 476, "duration_seconds": null}]',1.795273709513671875e+09,1.79527370961200284952e+09,1.79527371077563905723e+09,1.79527371077485680579e+09,1,1,0,0,NULL,NULL,NULL,5,0,'');
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
INSERT INTO "nemowatch_known_files" VALUES('asks','@root@/asks/asked.mp4',23946,1700000000000000000,2343081,'236e6bdc0e274691',NULL,NULL,1795273707.71815,NULL);
INSERT INTO "nemowatch_known_files" VALUES('jokes','@root@/jokes/joke.mp4',23945,1700000000000000000,2343076,'1921d6bb09646952',NULL,NULL,1.79527370803922128677e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/friday.mp4',23947,1700000000000000000,2343088,'7a86bc97ea8fac0b',NULL,NULL,1.79527370912470531465e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/saturday.mp4',23949,1700000000000000000,2343095,'f0e89a0a397df095',NULL,NULL,1.7952737091317634583e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/sunday.mp4',23947,1700000000000000000,2343099,'32650b1654fb1872',NULL,NULL,1.79527370913464832304e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/thursday.mp4',23949,1700000000000000000,2343087,'3258264b109817a8',NULL,NULL,1.79527370913638544078e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/tuesday.mp4',23948,1700000000000000000,2343085,'acce0afa8a32eb8a',NULL,NULL,1.79527370914082670216e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/wednesday.mp4',23950,1700000000000000000,2343086,'9ae90ba279c9522a',NULL,NULL,1.79527370914274096488e+09,NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/monday.mp4',23947,1700000000000000000,2343084,'24fedf00e663db70',NULL,NULL,1.795273709513671875e+09,NULL);
CREATE TABLE nemowatch_markers (
	job_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	written_at FLOAT NOT NULL, 
	PRIMARY KEY (job_id, name)
);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','place','{"mount": "/"}',1.79527370778048205373e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','session','{"session": "4458092100839877497", "task": "task_e56db9ccdbefc907", "link": "https://nemovideo.com/workspace/claim?ct=clm_e56db9ccdbefc907"}',1795273707.81621);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "4458092100839877497", "name": "asked.mp4"}',1.79527370783407211308e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','prompt:1','{"fingerprint": "99c44969e307c19e36f466795ab7ca1157257a08cfc33c314db7033fe2a5ce17", "outline": "{\"fingerprint\": \"99c44969e307c19e36f466795ab7ca1157257a08cfc33c314db7033fe2a5ce17\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"asked\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"4cac0678\", \"asked.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"2f9f5c06\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"7cd1f2c2\", \"ca78c03e\", \"f791771e\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370786874675753e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','heard:prompt:1','{"texts": "[\"Which part should I use: the beginning or the end?\"]", "edits": "[]", "failure": ""}',1.79527370787496709826e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','place','{"mount": "/"}',1.79527370813941168788e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','session','{"session": "7656068688771064895", "task": "task_b2eb0c4ca56eaec2", "link": "https://nemovideo.com/workspace/claim?ct=clm_b2eb0c4ca56eaec2"}',1.79527370817207908631e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "7656068688771064895", "name": "joke.mp4"}',1.79527370819428634639e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','prompt:1','{"fingerprint": "393d5dbfcd4e50809803c4f01a0c0e2356454d3b8cd3440d082e485682750908", "outline": "{\"fingerprint\": \"393d5dbfcd4e50809803c4f01a0c0e2356454d3b8cd3440d082e485682750908\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"joke\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"6fbe94b1\", \"joke.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"210b17b8\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"2eed70ae\", \"85bd6f14\", \"cc487fd4\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370821675038336e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','heard:prompt:1','{"texts": "[\"I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.\"]", "edits": "[]", "failure": ""}',1.79527370822164726257e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','place','{"mount": "/"}',1.79527370919594740864e+09);
INSERT INTO "nemowatch_markers" VALUES('acce0afa8a32eb8a','place','{"mount": "/"}',1.79527370920573449137e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','place','{"mount": "/"}',1.79527370920423293108e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','place','{"mount": "/"}',1.79527370921052193642e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','place','{"mount": "/"}',1.79527370922372674945e+09);
INSERT INTO "nemowatch_markers" VALUES('acce0afa8a32eb8a','session','{"session": "7357671851014931631", "task": "task_57fe13b953d1ffa4", "link": "https://nemovideo.com/workspace/claim?ct=clm_57fe13b953d1ffa4"}',1.7952737092646417618e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','place','{"mount": "/"}',1.79527370928992056845e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','session','{"session": "5490982362742533798", "task": "task_b289da014d771dd6", "link": "https://nemovideo.com/workspace/claim?ct=clm_b289da014d771dd6"}',1.79527370929746580121e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','session','{"session": "8238845426622632386", "task": "task_a9146a0087122fc8", "link": "https://nemovideo.com/workspace/claim?ct=clm_a9146a0087122fc8"}',1.79527370932692122455e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','session','{"session": "3380492367449516399", "task": "task_a40eb4d9fc371bac", "link": "https://nemovideo.com/workspace/claim?ct=clm_a40eb4d9fc371bac"}',1.79527370935768294333e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "5490982362742533798", "name": "saturday.mp4"}',1.7952737093700597286e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','session','{"session": "3493368709054929421", "task": "task_f5a076d8e6506392", "link": "https://nemovideo.com/workspace/claim?ct=clm_f5a076d8e6506392"}',1.7952737093669605255e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','session','{"session": "6207320498993316304", "task": "task_0cd2fa8774370872", "link": "https://nemovideo.com/workspace/claim?ct=clm_0cd2fa8774370872"}',1.79527370940154147151e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "3493368709054929421", "name": "thursday.mp4"}',1.79527370943089389799e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "3380492367449516399", "name": "wednesday.mp4"}',1.7952737094289853573e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "8238845426622632386", "name": "sunday.mp4"}',1.79527370951485061643e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','prompt:1','{"fingerprint": "aa8b19ee04d3aa490d1b02473239386f794013c2a6215eab4dd7872d6c011257", "outline": "{\"fingerprint\": \"aa8b19ee04d3aa490d1b02473239386f794013c2a6215eab4dd7872d6c011257\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"wednesday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"35374d13\", \"wednesday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"8ed653b8\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"1ef00cc1\", \"8803d4a9\", \"fc8dde99\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370956494569773e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','prompt:1','{"fingerprint": "b7b2ad8381440c9d83c29cc4f2009dfc7f1ec7175fabb79c274f021dc967eb2a", "outline": "{\"fingerprint\": \"b7b2ad8381440c9d83c29cc4f2009dfc7f1ec7175fabb79c274f021dc967eb2a\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"saturday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"01de902b\", \"saturday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"529b8edc\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"46db3d94\", \"55a7b9c2\", \"bc133ac2\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1795273709.56202);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370959556627268e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','prompt:1','{"fingerprint": "d4931411350dd2c78a70ba6fd2f4f57eecdcf7bfcbb11d40964789c9b8daccb2", "outline": "{\"fingerprint\": \"d4931411350dd2c78a70ba6fd2f4f57eecdcf7bfcbb11d40964789c9b8daccb2\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"sunday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"1942dc0e\", \"sunday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"209583e8\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"5dd1535f\", \"de240b16\", \"feb6dbcb\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527370958187198635e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "6207320498993316304", "name": "friday.mp4"}',1.79527370952326083188e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370964371013641e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','place','{"mount": "/"}',1.795273709675132513e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','prompt:1','{"fingerprint": "b7caed0e847856fb55208a168e78002d3abdbb993d955935f75212483684078c", "outline": "{\"fingerprint\": \"b7caed0e847856fb55208a168e78002d3abdbb993d955935f75212483684078c\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"thursday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"af44d3b0\", \"thursday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"40970fe8\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"2934c8c6\", \"36e2c44b\", \"c77926c0\"], \"upload_count\": 1}", "balance": "[995, 0, 995]"}',1.79527370967507934572e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','render:1','{"id": "render_8492639276214ded9074cd358b6e4e3a", "at": "1795273709.7792287"}',1.79527370977924370762e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','stretches:render_8492639276214ded9074cd358b6e4e3a','{"segments": "[{\"start\": 0.0, \"end\": 2.0, \"title\": \"saturday.mp4\", \"score\": null}]"}',1.79527370981877160073e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','session','{"session": "4336224682144413475", "task": "task_527b2386e9babdac", "link": "https://nemovideo.com/workspace/claim?ct=clm_527b2386e9babdac"}',1.79527370983260536191e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','prompt:1','{"fingerprint": "b864420962f57f99aa32fecb92a1aabeb123ead248a953cc3d16b71aeba10d60", "outline": "{\"fingerprint\": \"b864420962f57f99aa32fecb92a1aabeb123ead248a953cc3d16b71aeba10d60\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"friday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"65ebf791\", \"friday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"36088607\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"0a6a3089\", \"71e01115\", \"d0765925\"], \"upload_count\": 1}", "balance": "[985, 0, 985]"}',1.79527370984751939771e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','render:1','{"id": "render_47e1f219d1d04fdb91a99a3a193a66f6", "at": "1795273709.8744261"}',1.79527370987443780905e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527370987948107724e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','stretches:render_47e1f219d1d04fdb91a99a3a193a66f6','{"segments": "[{\"start\": 0.0, \"end\": 2.0, \"title\": \"sunday.mp4\", \"score\": null}]"}',1.79527370989814162257e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "4336224682144413475", "name": "monday.mp4"}',1.79527370993078446391e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','render:1','{"id": "render_515f65e8b16040c5904e80b1358ae2f7", "at": "1795273710.094775"}',1.79527371009478759768e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','stretches:render_515f65e8b16040c5904e80b1358ae2f7','{"segments": "[{\"start\": 0.0, \"end\": 2.0, \"title\": \"friday.mp4\", \"score\": null}]"}',1.7952737101180880069e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','prompt:1','{"fingerprint": "ea9ee165661565d26181843f294a656c5468a0acd3c6dea909ce77f0eadc84ed", "outline": "{\"fingerprint\": \"ea9ee165661565d26181843f294a656c5468a0acd3c6dea909ce77f0eadc84ed\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"monday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"7849f436\", \"monday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"2f5a9a9c\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"4c69ca65\", \"5c91ee61\", \"bfad3225\"], \"upload_count\": 1}", "balance": "[980, 0, 980]"}',1.79527371014123106004e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527371016271829608e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','render:1','{"id": "render_8fc45801731f4037bccfcf261179f2f9", "at": "1795273710.2787695"}',1.79527371027878117565e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','stretches:render_8fc45801731f4037bccfcf261179f2f9','{"segments": "[{\"start\": 0.0, \"end\": 2.0, \"title\": \"monday.mp4\", \"score\": null}]"}',1.79527371028446030621e+09);
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
INSERT INTO "nemowatch_orders" VALUES(1,'236e6bdc0e274691','release','',1.79527371084865808486e+09,NULL,0,NULL);
CREATE TABLE nemowatch_present_steps (
	job_id TEXT NOT NULL, 
	step TEXT NOT NULL, 
	began_at FLOAT NOT NULL, 
	share_from FLOAT, 
	share_from_at FLOAT, 
	PRIMARY KEY (job_id)
);
INSERT INTO "nemowatch_present_steps" VALUES('9ae90ba279c9522a','edit-1',1.79527370954456686976e+09,NULL,NULL);
INSERT INTO "nemowatch_present_steps" VALUES('3258264b109817a8','edit-1',1.7952737095831742287e+09,NULL,NULL);
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
INSERT INTO "nemowatch_prompts_at_work" VALUES('9ae90ba279c9522a','prompt:1','shorts',1.79527370955965614321e+09,4,1,975);
INSERT INTO "nemowatch_prompts_at_work" VALUES('3258264b109817a8','prompt:1','shorts',1.79527370965249037744e+09,4,1,975);
CREATE TABLE nemowatch_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "nemowatch_schema" VALUES(4);
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
INSERT INTO "nemowatch_spending" VALUES('236e6bdc0e274691','prompt:1','asks',0,1.79527370789110684396e+09);
INSERT INTO "nemowatch_spending" VALUES('1921d6bb09646952','prompt:1','jokes',0,1.79527370896717643742e+09);
INSERT INTO "nemowatch_spending" VALUES('f0e89a0a397df095','prompt:1','shorts',3,1.7952737096752140522e+09);
INSERT INTO "nemowatch_spending" VALUES('32650b1654fb1872','prompt:1','shorts',4,1.79527370977899909014e+09);
INSERT INTO "nemowatch_spending" VALUES('7a86bc97ea8fac0b','prompt:1','shorts',5,1.79527371002301740646e+09);
INSERT INTO "nemowatch_spending" VALUES('24fedf00e663db70','prompt:1','shorts',5,1.79527371023913788795e+09);
CREATE TABLE nemowatch_step_times (
	number INTEGER NOT NULL, 
	rule TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	duration_seconds FLOAT, 
	PRIMARY KEY (number)
);
INSERT INTO "nemowatch_step_times" VALUES(1,'asks','prepare',1.05869649996748194098e-02,23946,3.0);
INSERT INTO "nemowatch_step_times" VALUES(2,'asks','connect',0.0299854589975439,23946,3.0);
INSERT INTO "nemowatch_step_times" VALUES(3,'asks','upload',2.59440609952434897422e-02,23946,3.0);
INSERT INTO "nemowatch_step_times" VALUES(4,'jokes','prepare',1.9145452999509871006e-02,23945,3.0);
INSERT INTO "nemowatch_step_times" VALUES(5,'jokes','connect',2.46431099949404597282e-02,23945,3.0);
INSERT INTO "nemowatch_step_times" VALUES(6,'jokes','upload',1.95424749981611967086e-02,23945,3.0);
INSERT INTO "nemowatch_step_times" VALUES(7,'jokes','deliver',2.62725399952614679932e-02,23945,3.0);
INSERT INTO "nemowatch_step_times" VALUES(8,'shorts','prepare',3.26851479985634796321e-02,23948,3.0);
INSERT INTO "nemowatch_step_times" VALUES(9,'shorts','prepare',3.55026589968474581837e-02,23950,3.0);
INSERT INTO "nemowatch_step_times" VALUES(10,'shorts','prepare',5.48348509983043186366e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(11,'shorts','prepare',4.74412360053975135087e-02,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(12,'shorts','connect',3.60837629996240139007e-02,23948,3.0);
INSERT INTO "nemowatch_step_times" VALUES(13,'shorts','prepare',1.26693717000307515263e-01,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(14,'shorts','connect',3.79015579965198412537e-02,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(15,'shorts','prepare',4.44458310012123547494e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(16,'shorts','connect',1.19522663000680040568e-01,23950,3.0);
INSERT INTO "nemowatch_step_times" VALUES(17,'shorts','connect',6.90621219982858747243e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(18,'shorts','connect',8.3374428002571221441e-02,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(19,'shorts','upload',9.8468037002021446824e-02,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(20,'shorts','connect',5.10011939986725337803e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(21,'shorts','upload',1.13550872003543190658e-01,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(22,'shorts','upload',1.51773944002343341708e-01,23950,3.0);
INSERT INTO "nemowatch_step_times" VALUES(23,'shorts','upload',1.59963931000675074756e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(24,'shorts','prepare',7.08913739945273846387e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(25,'shorts','upload',2.59231849995558150112e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(26,'shorts','edit',2.69989984000858385115e-01,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(27,'shorts','edit',2.3891019900474930182e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(28,'shorts','connect',1.4434242599963909015e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(29,'shorts','export',3.05174154993437696248e-01,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(30,'shorts','edit',3.30592001002514734864e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(31,'shorts','upload',1.91178353001305367797e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(32,'shorts','export',2.36891945998650044202e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(33,'shorts','download',7.37173449961119331419e-02,23949,3.0);
INSERT INTO "nemowatch_step_times" VALUES(34,'shorts','download',6.17715179978404194116e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(35,'shorts','collect',3.40491589959128759801e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(36,'shorts','edit',1.54068465999444015324e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(37,'shorts','export',2.02146032999735325574e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(38,'shorts','export',1.76095842994982376694e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(39,'shorts','download',3.64952099989750422537e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(40,'shorts','collect',1.08678309989045374095e-02,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(41,'shorts','overview',2.95662579999770969152e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(42,'shorts','overview',2.10909000998071860522e-01,23947,3.0);
INSERT INTO "nemowatch_step_times" VALUES(43,'shorts','deliver',3.84288249988458119332e-02,23947,3.0);
CREATE TABLE nemowatch_watch_folders (
	folder TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	had_files BOOLEAN NOT NULL, 
	PRIMARY KEY (folder)
);
INSERT INTO "nemowatch_watch_folders" VALUES('@root@/talks','ext4||2343068|',0);
INSERT INTO "nemowatch_watch_folders" VALUES('@root@/jokes','ext4||2343069|',0);
INSERT INTO "nemowatch_watch_folders" VALUES('@root@/asks','ext4||2343070|',0);
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
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',1,'prepare','{"seconds":0.01058696499967482,"result":{"size_bytes":23946}}',NULL,NULL,1795273707768,1795273707785,'portable_json','nemowatch',1795273707000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',2,'connect','{"seconds":0.0299854589975439,"result":{"session_id":"4458092100839877497","task_id":"task_e56db9ccdbefc907","project_link":"https://nemovideo.com/workspace/claim?ct=clm_e56db9ccdbefc907","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273707788,1795273707820,'portable_json','nemowatch',1795273707000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',3,'upload','{"seconds":0.02594406099524349,"result":{"seconds":0.01930092000111472,"name":"asked.mp4","known_media":[]}}',NULL,NULL,1795273707823,1795273707852,'portable_json','nemowatch',1795273707000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',4,'edit-1','{"pause":{"state":"attention","cause":"question","reason":"The service asks: \"Which part should I use: the beginning or the end?\" Answer with `nemowatch jobs answer 236e6bdc \"…\"`; `nemowatch jobs release` leaves it to the service.","wake_after":null,"grows":false,"clears":"step","answers":"answer:prompt:1.reply1","question":"Which part should I use: the beginning or the end?","balance":null,"back_to":""}}',NULL,NULL,1795273707854,1795273707899,'portable_json','nemowatch',1795273707000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',1,'prepare','{"seconds":0.01914545299950987,"result":{"size_bytes":23945}}',NULL,NULL,1795273708122,1795273708146,'portable_json','nemowatch',1795273708000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',2,'connect','{"seconds":0.02464310999494046,"result":{"session_id":"7656068688771064895","task_id":"task_b2eb0c4ca56eaec2","project_link":"https://nemovideo.com/workspace/claim?ct=clm_b2eb0c4ca56eaec2","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273708149,1795273708184,'portable_json','nemowatch',1795273708000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',3,'upload','{"seconds":0.019542474998161197,"result":{"seconds":0.01412842099671252,"name":"joke.mp4","known_media":[]}}',NULL,NULL,1795273708185,1795273708206,'portable_json','nemowatch',1795273708000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',4,'edit-1','{"failure":{"message":"The prompt \"tell me a joke\" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.","hint":"Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.","has_lost_session":false,"has_paid":true,"clears":"step"}}',NULL,NULL,1795273708207,1795273708972,'portable_json','nemowatch',1795273708000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',5,'deliver-failed','{"seconds":0.026272539995261468,"result":{"folder":"@root@/jokes-output/jokes/joke","files":[]}}',NULL,NULL,1795273708975,1795273709003,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',1,'prepare','{"seconds":0.03268514799856348,"result":{"size_bytes":23948}}',NULL,NULL,1795273709172,1795273709214,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',1,'prepare','{"seconds":0.03550265899684746,"result":{"size_bytes":23950}}',NULL,NULL,1795273709177,1795273709230,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',1,'prepare','{"seconds":0.047441236005397514,"result":{"size_bytes":23949}}',NULL,NULL,1795273709161,1795273709261,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',1,'prepare','{"seconds":0.05483485099830432,"result":{"size_bytes":23947}}',NULL,NULL,1795273709166,1795273709251,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',2,'connect','{"seconds":0.036083762999624014,"result":{"session_id":"7357671851014931631","task_id":"task_57fe13b953d1ffa4","project_link":"https://nemovideo.com/workspace/claim?ct=clm_57fe13b953d1ffa4","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273709218,1795273709288,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',1,'prepare','{"seconds":0.12669371700030752,"result":{"size_bytes":23949}}',NULL,NULL,1795273709166,1795273709299,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',2,'connect','{"seconds":0.03790155799651984,"result":{"session_id":"5490982362742533798","task_id":"task_b289da014d771dd6","project_link":"https://nemovideo.com/workspace/claim?ct=clm_b289da014d771dd6","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273709263,1795273709305,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',1,'prepare','{"seconds":0.044445831001212355,"result":{"size_bytes":23947}}',NULL,NULL,1795273709158,1795273709359,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',2,'connect','{"seconds":0.11952266300068004,"result":{"session_id":"3380492367449516399","task_id":"task_a40eb4d9fc371bac","project_link":"https://nemovideo.com/workspace/claim?ct=clm_a40eb4d9fc371bac","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273709238,1795273709371,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',2,'connect','{"seconds":0.06906212199828587,"result":{"session_id":"8238845426622632386","task_id":"task_a9146a0087122fc8","project_link":"https://nemovideo.com/workspace/claim?ct=clm_a9146a0087122fc8","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273709273,1795273709391,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',2,'connect','{"seconds":0.08337442800257122,"result":{"session_id":"3493368709054929421","task_id":"task_f5a076d8e6506392","project_link":"https://nemovideo.com/workspace/claim?ct=clm_f5a076d8e6506392","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273709300,1795273709392,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',3,'upload','{"seconds":0.09846803700202145,"result":{"seconds":0.047945796002750285,"name":"saturday.mp4","known_media":[]}}',NULL,NULL,1795273709307,1795273709417,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',2,'connect','{"seconds":0.051001193998672534,"result":{"session_id":"6207320498993316304","task_id":"task_0cd2fa8774370872","project_link":"https://nemovideo.com/workspace/claim?ct=clm_0cd2fa8774370872","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273709362,1795273709422,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',3,'upload','{"seconds":0.15177394400234334,"result":{"seconds":0.11213669599965215,"name":"wednesday.mp4","known_media":[]}}',NULL,NULL,1795273709374,1795273709536,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',3,'upload','{"seconds":0.15996393100067507,"result":{"seconds":0.05339313500007847,"name":"sunday.mp4","known_media":[]}}',NULL,NULL,1795273709393,1795273709564,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',3,'upload','{"seconds":0.11355087200354319,"result":{"seconds":0.08863640599884093,"name":"thursday.mp4","known_media":[]}}',NULL,NULL,1795273709396,1795273709522,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',1,'prepare','{"seconds":0.07089137399452738,"result":{"size_bytes":23947}}',NULL,NULL,1795273709611,1795273709691,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',3,'upload','{"seconds":0.25923184999555815,"result":{"seconds":0.18229209600394825,"name":"friday.mp4","known_media":[]}}',NULL,NULL,1795273709431,1795273709699,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',4,'edit-1','{"seconds":0.2699899840008584,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: saturday (0-2s)","seconds":0.16040265799529152,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273709422,1795273709704,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',4,'edit-1','{"seconds":0.2389101990047493,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: sunday (0-2s)","seconds":0.2352633539994713,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273709571,1795273709836,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',2,'connect','{"seconds":0.1443424259996391,"result":{"session_id":"4336224682144413475","task_id":"task_527b2386e9babdac","project_link":"https://nemovideo.com/workspace/claim?ct=clm_527b2386e9babdac","credits_before":985,"is_continued":false}}',NULL,NULL,1795273709692,1795273709855,'portable_json','nemowatch',1795273709000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',5,'export-1','{"seconds":0.3051741549934377,"result":{"render_id":"render_8492639276214ded9074cd358b6e4e3a","url":"@service@/cdn/WHGYte56yN2Gu5Gi/render_8492639276214ded9074cd358b6e4e3a.mp4","seconds":0.23195090399531182,"stretches":[{"start":0.0,"end":2.0,"title":"saturday.mp4","score":null}]}}',NULL,NULL,1795273709711,1795273710045,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',4,'edit-1','{"seconds":0.33059200100251473,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: friday (0-2s)","seconds":0.2797787240051548,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273709703,1795273710066,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',3,'upload','{"seconds":0.19117835300130537,"result":{"seconds":0.1392277409977396,"name":"monday.mp4","known_media":[]}}',NULL,NULL,1795273709874,1795273710087,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',5,'export-1','{"seconds":0.23689194599865004,"result":{"render_id":"render_47e1f219d1d04fdb91a99a3a193a66f6","url":"@service@/cdn/dkmAm2GBt0OXbudq/render_47e1f219d1d04fdb91a99a3a193a66f6.mp4","seconds":0.21074439299991354,"stretches":[{"start":0.0,"end":2.0,"title":"sunday.mp4","score":null}]}}',NULL,NULL,1795273709847,1795273710125,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',6,'download-1','{"seconds":0.07371734499611193,"result":{"name":"saturday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48,"start_seconds":null,"end_seconds":null,"title":null,"score":null}}',NULL,NULL,1795273710051,1795273710147,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',6,'download-1','{"seconds":0.06177151799784042,"result":{"name":"sunday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48,"start_seconds":null,"end_seconds":null,"title":null,"score":null}}',NULL,NULL,1795273710130,1795273710200,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',7,'collect','{"seconds":0.034049158995912876,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273710203,1795273710243,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',4,'edit-1','{"seconds":0.15406846599944402,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: monday (0-2s)","seconds":0.1403119900060119,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273710090,1795273710251,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',5,'export-1','{"seconds":0.17609584299498238,"result":{"render_id":"render_8fc45801731f4037bccfcf261179f2f9","url":"@service@/cdn/V8mkGR18RnibuMhM/render_8fc45801731f4037bccfcf261179f2f9.mp4","seconds":0.15597159000026295,"stretches":[{"start":0.0,"end":2.0,"title":"monday.mp4","score":null}]}}',NULL,NULL,1795273710255,1795273710433,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',6,'download-1','{"seconds":0.03649520999897504,"result":{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48,"start_seconds":null,"end_seconds":null,"title":null,"score":null}}',NULL,NULL,1795273710435,1795273710475,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',7,'collect','{"seconds":0.010867830998904537,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273710487,1795273710504,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',8,'overview','{"seconds":0.29566257999977097,"result":{"files":[{"name":"overview.jpg","kind":"overview","size_bytes":15846,"duration_seconds":null,"width":1728,"height":445,"start_seconds":null,"end_seconds":null,"title":null,"score":null},{"name":"thumbnail.jpg","kind":"thumbnail","size_bytes":476,"duration_seconds":null,"width":128,"height":96,"start_seconds":null,"end_seconds":null,"title":null,"score":null}],"remarks":[]}}',NULL,NULL,1795273710245,1795273710547,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',8,'overview','{"seconds":0.21090900099807186,"result":{"files":[{"name":"overview.jpg","kind":"overview","size_bytes":15978,"duration_seconds":null,"width":1728,"height":445,"start_seconds":null,"end_seconds":null,"title":null,"score":null},{"name":"thumbnail.jpg","kind":"thumbnail","size_bytes":476,"duration_seconds":null,"width":128,"height":96,"start_seconds":null,"end_seconds":null,"title":null,"score":null}],"remarks":[]}}',NULL,NULL,1795273710505,1795273710725,'portable_json','nemowatch',1795273710000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',9,'deliver-done','{"seconds":0.03842882499884581,"result":{"folder":"@root@/talks-output/shorts/monday","files":[{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48,"start_seconds":null,"end_seconds":null,"title":null,"score":null},{"name":"overview.jpg","kind":"overview","size_bytes":15978,"duration_seconds":null,"width":1728,"height":445,"start_seconds":null,"end_seconds":null,"title":null,"score":null},{"name":"thumbnail.jpg","kind":"thumbnail","size_bytes":476,"duration_seconds":null,"width":128,"height":96,"start_seconds":null,"end_seconds":null,"title":null,"score":null}]}}',NULL,NULL,1795273710727,1795273710768,'portable_json','nemowatch',1795273710000);
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
INSERT INTO "queues" VALUES('3D1160A22E9F10E8C141C89C7CCAFC51','recordings',NULL,8,NULL,NULL,1,0,0.05,1795273705000,1795273705590,'nemowatch',NULL,NULL,NULL,NULL);
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
INSERT INTO "workflow_input" VALUES('236e6bdc0e274691','{"namedArgs":{},"positionalArgs":["236e6bdc0e274691"]}',1795273707000);
INSERT INTO "workflow_input" VALUES('1921d6bb09646952','{"namedArgs":{},"positionalArgs":["1921d6bb09646952"]}',1795273708000);
INSERT INTO "workflow_input" VALUES('7a86bc97ea8fac0b','{"namedArgs":{},"positionalArgs":["7a86bc97ea8fac0b"]}',1795273709000);
INSERT INTO "workflow_input" VALUES('f0e89a0a397df095','{"namedArgs":{},"positionalArgs":["f0e89a0a397df095"]}',1795273709000);
INSERT INTO "workflow_input" VALUES('32650b1654fb1872','{"namedArgs":{},"positionalArgs":["32650b1654fb1872"]}',1795273709000);
INSERT INTO "workflow_input" VALUES('3258264b109817a8','{"namedArgs":{},"positionalArgs":["3258264b109817a8"]}',1795273709000);
INSERT INTO "workflow_input" VALUES('acce0afa8a32eb8a','{"namedArgs":{},"positionalArgs":["acce0afa8a32eb8a"]}',1795273709000);
INSERT INTO "workflow_input" VALUES('9ae90ba279c9522a','{"namedArgs":{},"positionalArgs":["9ae90ba279c9522a"]}',1795273709000);
INSERT INTO "workflow_input" VALUES('24fedf00e663db70','{"namedArgs":{},"positionalArgs":["24fedf00e663db70"]}',1795273709000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('236e6bdc0e274691','"attention"',NULL,1795273707000);
INSERT INTO "workflow_output" VALUES('1921d6bb09646952','"failed"',NULL,1795273709000);
INSERT INTO "workflow_output" VALUES('24fedf00e663db70','"done"',NULL,1795273710000);
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
INSERT INTO "workflow_status" VALUES('236e6bdc0e274691','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273707000,1795273707000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273707000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273707000,'null',NULL,NULL,0,'nemowatch','d23c0842-9fa0-4a38-9634-df9564cd64cb');
INSERT INTO "workflow_status" VALUES('1921d6bb09646952','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273708000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273708000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273709000,'null',NULL,NULL,0,'nemowatch','bc263a40-f816-4933-a92e-de8c8ca0eab0');
INSERT INTO "workflow_status" VALUES('7a86bc97ea8fac0b','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,'2a7ab046-a19c-43f3-a5e5-d01d97d2986b',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','dcffe5d2-5357-4533-aae5-4e28f9b76359');
INSERT INTO "workflow_status" VALUES('f0e89a0a397df095','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,'2a7ab046-a19c-43f3-a5e5-d01d97d2986b',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','57853758-14e9-4015-b5a1-ea91a2e9e417');
INSERT INTO "workflow_status" VALUES('32650b1654fb1872','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,'2a7ab046-a19c-43f3-a5e5-d01d97d2986b',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','2b2a1c06-7f7a-42f8-80cc-af61a50e736a');
INSERT INTO "workflow_status" VALUES('3258264b109817a8','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,'2a7ab046-a19c-43f3-a5e5-d01d97d2986b',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','4314b948-2551-4f85-8c86-a0482d3a95da');
INSERT INTO "workflow_status" VALUES('acce0afa8a32eb8a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,'2a7ab046-a19c-43f3-a5e5-d01d97d2986b',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','bbf0515a-10de-48d1-afe0-66e621e2c698');
INSERT INTO "workflow_status" VALUES('9ae90ba279c9522a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273709000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,'2a7ab046-a19c-43f3-a5e5-d01d97d2986b',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','15e9b0fc-7f4a-4970-85a0-66cc70ab0b98');
INSERT INTO "workflow_status" VALUES('24fedf00e663db70','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273709000,1795273710000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273709000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273710000,'null',NULL,NULL,0,'nemowatch','ea75c42c-c8d3-4f8b-a122-d2014fba160d');
CREATE INDEX ix_nemowatch_jobs_state ON nemowatch_jobs (state);
CREATE INDEX ix_nemowatch_jobs_to_hand_over ON nemowatch_jobs (is_handed_over, state, priority, queued_at);
CREATE INDEX ix_nemowatch_jobs_after ON nemowatch_jobs ("after");
CREATE INDEX ix_nemowatch_jobs_parked ON nemowatch_jobs (is_parked, cause, wake_at);
CREATE INDEX ix_nemowatch_jobs_queued_at ON nemowatch_jobs (queued_at);
CREATE INDEX ix_nemowatch_jobs_rule ON nemowatch_jobs (rule);
CREATE INDEX ix_nemowatch_jobs_source_path ON nemowatch_jobs (source_path);
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
