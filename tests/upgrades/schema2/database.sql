BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('4d074068-60a5-42e4-b400-83442b825cb0','1',1795273692000,1795273692000,'nemowatch');
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
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
	PRIMARY KEY (job_id)
);
INSERT INTO "nemowatch_jobs" VALUES('236e6bdc0e274691','asks','@root@/asks/asked.mp4','{"job_id": "236e6bdc0e274691", "rule": "asks", "source": {"path": "@root@/asks/asked.mp4", "size_bytes": 23946, "modified_ns": 1700000000000000000, "inode": 2343013}, "sha256": "74b82e04a8cfc8c6bd185b1fdbe7d15c1b8069f79853b64749c23fbd73f4d390", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/asks-output/asks/asked", "priority": 5, "queued_at": 1795273694.562355, "question": "hold", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','attention','The service asks: "Which part should I use: the beginning or the end?" Answer with `nemowatch jobs answer 236e6bdc "…"`; `nemowatch jobs release` leaves it to the service.',NULL,'',NULL,'[]',1.79527369456235504152e+09,1.79527369460133099559e+09,1.79527369469578194621e+09,NULL,1,1,1,0,'question',NULL,'{"step": 4, "name": "edit-1", "cause": "question", "wake_at": null, "clears": "step", "answers": "answer:prompt:1.reply1", "question": "Which part should I use: the beginning or the end?", "balance": null, "times": 1}');
INSERT INTO "nemowatch_jobs" VALUES('1921d6bb09646952','jokes','@root@/jokes/joke.mp4','{"job_id": "1921d6bb09646952", "rule": "jokes", "source": {"path": "@root@/jokes/joke.mp4", "size_bytes": 23945, "modified_ns": 1700000000000000000, "inode": 2343030}, "sha256": "7b00979e95f2b157dda90707fde7763980df1474062f8918cb5a6cc76f33574c", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["tell me a joke"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/jokes-output/jokes/joke", "priority": 5, "queued_at": 1795273694.8185468, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','failed','The prompt "tell me a joke" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music. Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.',NULL,'','@root@/jokes-output/jokes/joke','[]',1.79527369481854677198e+09,1.79527369487729620937e+09,1.79527369573556685447e+09,1.79527369573413586611e+09,1,1,0,0,NULL,NULL,'{"step": 4, "name": "edit-1", "cause": null, "wake_at": null, "clears": "step", "answers": "", "question": "", "balance": null, "times": 1}');
INSERT INTO "nemowatch_jobs" VALUES('7a86bc97ea8fac0b','shorts','@root@/talks/friday.mp4','{"job_id": "7a86bc97ea8fac0b", "rule": "shorts", "source": {"path": "@root@/talks/friday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343040}, "sha256": "33ca41afa6028e057557f15e5bd398777d4003060194fce1dd2c63387e828c0a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/friday", "priority": 5, "queued_at": 1795273695.9024556, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','exporting','',0.05,'rendering',NULL,'[]',1.79527369590245556834e+09,1.79527369593511509893e+09,1.79527369637812447551e+09,NULL,1,1,0,0,NULL,NULL,NULL);
INSERT INTO "nemowatch_jobs" VALUES('f0e89a0a397df095','shorts','@root@/talks/saturday.mp4','{"job_id": "f0e89a0a397df095", "rule": "shorts", "source": {"path": "@root@/talks/saturday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343043}, "sha256": "b49461a7aac2b5bf842f9e6ab05635ce065ec53629903ad61f993ff98dd60e9a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/saturday", "priority": 5, "queued_at": 1795273695.9054146, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','downloading','',1.0,'downloading saturday.mp4',NULL,'[]',1.79527369590541458128e+09,1.79527369593885564803e+09,1.79527369651428294183e+09,NULL,1,1,0,0,NULL,NULL,NULL);
INSERT INTO "nemowatch_jobs" VALUES('32650b1654fb1872','shorts','@root@/talks/sunday.mp4','{"job_id": "32650b1654fb1872", "rule": "shorts", "source": {"path": "@root@/talks/sunday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343051}, "sha256": "cebe4d95fe0bc6fcad7a19f4e5c53816569a9277a13ec5941ebe9833115672e5", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/sunday", "priority": 5, "queued_at": 1795273695.908214, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','downloading','',NULL,'',NULL,'[]',1.79527369590821409221e+09,1.79527369600891232486e+09,1.79527369664695858955e+09,NULL,1,1,0,0,NULL,NULL,NULL);
INSERT INTO "nemowatch_jobs" VALUES('3258264b109817a8','shorts','@root@/talks/thursday.mp4','{"job_id": "3258264b109817a8", "rule": "shorts", "source": {"path": "@root@/talks/thursday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343039}, "sha256": "a3d15d2f0cfb1cf86550700a962603fa6e746740f017c20ee1b27933c1775f4d", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/thursday", "priority": 5, "queued_at": 1795273695.925666, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','editing','',NULL,'',NULL,'[]',1.79527369592566609377e+09,1.79527369600926160805e+09,1.79527369618165397648e+09,NULL,1,1,0,0,NULL,NULL,NULL);
INSERT INTO "nemowatch_jobs" VALUES('24fedf00e663db70','shorts','@root@/talks/monday.mp4','{"job_id": "24fedf00e663db70", "rule": "shorts", "source": {"path": "@root@/talks/monday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343035}, "sha256": "8acca2bb16048b6015b5f302fa0c94866f1939d4b9bcec826ad38812e72974d0", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/monday", "priority": 5, "queued_at": 1795273695.92461, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','done','',NULL,'','@root@/talks-output/shorts/monday','[{"name": "monday.mp4", "kind": "video", "size_bytes": 35540, "duration_seconds": 2.0}]',1795273695.92461,1.79527369601348733905e+09,1.79527369683329391476e+09,1.79527369683249974252e+09,1,1,0,0,NULL,NULL,NULL);
INSERT INTO "nemowatch_jobs" VALUES('9ae90ba279c9522a','shorts','@root@/talks/wednesday.mp4','{"job_id": "9ae90ba279c9522a", "rule": "shorts", "source": {"path": "@root@/talks/wednesday.mp4", "size_bytes": 23950, "modified_ns": 1700000000000000000, "inode": 2343038}, "sha256": "bfc0df32ba9f93829f3e7bedc81d711709932caf582002efc2bd7d6ca78a67ca", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/wednesday", "priority": 5, "queued_at": 1795273695.932265, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','editing','',NULL,'',NULL,'[]',1.79527369593226504324e+09,1.7952736960161838532e+09,1.79527369628386044503e+09,NULL,1,1,0,0,NULL,NULL,NULL);
INSERT INTO "nemowatch_jobs" VALUES('acce0afa8a32eb8a','shorts','@root@/talks/tuesday.mp4','{"job_id": "acce0afa8a32eb8a", "rule": "shorts", "source": {"path": "@root@/talks/tuesday.mp4", "size_bytes": 23948, "modified_ns": 1700000000000000000, "inode": 2343037}, "sha256": "49b33c3947b3a0228c7b1957d21e405a813c19660765acbf2de4b60bd6768125", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/tuesday", "priority": 5, "queued_at": 1795273695.9353945, "question": "proceed", "drop_tracks": [], "session_key": "", "retries": 3, "urls": [], "base": null}','preparing','',NULL,'',NULL,'[]',1.79527369593539452546e+09,1.79527369600927925105e+09,1.79527369605040955542e+09,NULL,1,1,0,0,NULL,NULL,NULL);
CREATE TABLE nemowatch_known_files (
	rule TEXT NOT NULL, 
	path TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	modified_ns BIGINT NOT NULL, 
	inode BIGINT NOT NULL, 
	job_id TEXT, 
	refusal TEXT, 
	PRIMARY KEY (rule, path)
);
INSERT INTO "nemowatch_known_files" VALUES('asks','@root@/asks/asked.mp4',23946,1700000000000000000,2343013,'236e6bdc0e274691',NULL);
INSERT INTO "nemowatch_known_files" VALUES('jokes','@root@/jokes/joke.mp4',23945,1700000000000000000,2343030,'1921d6bb09646952',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/friday.mp4',23947,1700000000000000000,2343040,'7a86bc97ea8fac0b',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/saturday.mp4',23949,1700000000000000000,2343043,'f0e89a0a397df095',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/sunday.mp4',23947,1700000000000000000,2343051,'32650b1654fb1872',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/thursday.mp4',23949,1700000000000000000,2343039,'3258264b109817a8',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/monday.mp4',23947,1700000000000000000,2343035,'24fedf00e663db70',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/wednesday.mp4',23950,1700000000000000000,2343038,'9ae90ba279c9522a',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/tuesday.mp4',23948,1700000000000000000,2343037,'acce0afa8a32eb8a',NULL);
CREATE TABLE nemowatch_markers (
	job_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	written_at FLOAT NOT NULL, 
	PRIMARY KEY (job_id, name)
);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','session','{"session": "1207276539108495389", "task": "task_f9281b6d061b8d37", "link": "https://nemovideo.com/workspace/claim?ct=clm_f9281b6d061b8d37"}',1.79527369464401507373e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "1207276539108495389", "name": "asked.mp4"}',1.79527369465544462201e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','prompt:1','{"fingerprint": "90f7b19c7499d59d1bfde8bebc8f37666554f6f1c92ff537eb11195ed21cf95d", "outline": "{\"fingerprint\": \"90f7b19c7499d59d1bfde8bebc8f37666554f6f1c92ff537eb11195ed21cf95d\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"asked\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"c8901be2\", \"asked.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"aef02e55\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"7cd1f2c2\", \"accac92a\", \"ca78c03e\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527369468283224101e+09);
INSERT INTO "nemowatch_markers" VALUES('236e6bdc0e274691','heard:prompt:1','{"texts": "[\"Which part should I use: the beginning or the end?\"]", "edits": "[]", "failure": ""}',1.7952736946870687008e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','session','{"session": "3600758899591114574", "task": "task_507a698f00af4b8a", "link": "https://nemovideo.com/workspace/claim?ct=clm_507a698f00af4b8a"}',1.7952736948936772346e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "3600758899591114574", "name": "joke.mp4"}',1.79527369490022516247e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','prompt:1','{"fingerprint": "1511dfd7c5f3390bd4ae156cb9ef10ca1cbae053a8c40a7423fd907f1232e072", "outline": "{\"fingerprint\": \"1511dfd7c5f3390bd4ae156cb9ef10ca1cbae053a8c40a7423fd907f1232e072\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"joke\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"917dd7a9\", \"joke.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"34f88ef2\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"2eed70ae\", \"54acb394\", \"85bd6f14\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.7952736949227604866e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','heard:prompt:1','{"texts": "[\"I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.\"]", "edits": "[]", "failure": ""}',1.79527369493933415412e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','session','{"session": "7595140205002343421", "task": "task_5039afd9e074e8cf", "link": "https://nemovideo.com/workspace/claim?ct=clm_5039afd9e074e8cf"}',1.79527369597047090532e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','session','{"session": "8741781370311999649", "task": "task_75a57ae25271a00e", "link": "https://nemovideo.com/workspace/claim?ct=clm_75a57ae25271a00e"}',1.79527369597546601295e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "8741781370311999649", "name": "saturday.mp4"}',1.7952736959983687401e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "7595140205002343421", "name": "friday.mp4"}',1.79527369600331425662e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','session','{"session": "2559665160652489728", "task": "task_71d9901c5fa3a232", "link": "https://nemovideo.com/workspace/claim?ct=clm_71d9901c5fa3a232"}',1.79527369607586741442e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','session','{"session": "2536149052178444420", "task": "task_1b75a6d4e9e174dd", "link": "https://nemovideo.com/workspace/claim?ct=clm_1b75a6d4e9e174dd"}',1.79527369610142755506e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','session','{"session": "1127941041943972515", "task": "task_ca386e2f439cf460", "link": "https://nemovideo.com/workspace/claim?ct=clm_ca386e2f439cf460"}',1.79527369610679244996e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','session','{"session": "7979934878773462881", "task": "task_c56d9d534ad2ca60", "link": "https://nemovideo.com/workspace/claim?ct=clm_c56d9d534ad2ca60"}',1.79527369611906576158e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "2536149052178444420", "name": "monday.mp4"}',1.7952736961224853992e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "7979934878773462881", "name": "thursday.mp4"}',1.79527369612860012056e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','prompt:1','{"fingerprint": "ecab0c8a91c0a6f9de711c6cb61018995b5d59256c0427c281b2997357dcd4bf", "outline": "{\"fingerprint\": \"ecab0c8a91c0a6f9de711c6cb61018995b5d59256c0427c281b2997357dcd4bf\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"saturday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"474516d2\", \"saturday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"f5f5631d\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"55a7b9c2\", \"643fda65\", \"bc133ac2\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527369615083694457e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','prompt:1','{"fingerprint": "1733e1509d907f0a058a91eb36a61faed219967d486e7f5201aab19f5731ff3b", "outline": "{\"fingerprint\": \"1733e1509d907f0a058a91eb36a61faed219967d486e7f5201aab19f5731ff3b\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"friday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"7004fc35\", \"friday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"a76714b9\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"0a6a3089\", \"11d52146\", \"71e01115\"], \"upload_count\": 1}", "balance": "[1000, 0, 1000]"}',1.79527369617169618599e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "2559665160652489728", "name": "sunday.mp4"}',1.79527369617797279361e+09);
INSERT INTO "nemowatch_markers" VALUES('acce0afa8a32eb8a','session','{"session": "5277224068703486487", "task": "task_fa7749b096b40feb", "link": "https://nemovideo.com/workspace/claim?ct=clm_fa7749b096b40feb"}',1.79527369617162346837e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527369618539786337e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527369617595720287e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','prompt:1','{"fingerprint": "d467a743bd7b9d6fb08524fecbe63fc1366130c542caa2e6423ec5b843edb875", "outline": "{\"fingerprint\": \"d467a743bd7b9d6fb08524fecbe63fc1366130c542caa2e6423ec5b843edb875\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"sunday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"3a09808c\", \"sunday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"7d967c9b\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"0aca77fd\", \"5dd1535f\", \"de240b16\"], \"upload_count\": 1}", "balance": "[990, 0, 990]"}',1.79527369621830344206e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527369622407412521e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731", "session": "1127941041943972515", "name": "wednesday.mp4"}',1.79527369612068915362e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','prompt:1','{"fingerprint": "d5fe1900a7df4e9c0fced402a3939ca64bd39bb75e5ef6a02f51436458e52dd3", "outline": "{\"fingerprint\": \"d5fe1900a7df4e9c0fced402a3939ca64bd39bb75e5ef6a02f51436458e52dd3\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"monday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"5af0cdad\", \"monday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"95059e1f\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"4c69ca65\", \"bfad3225\", \"c2ac0eef\"], \"upload_count\": 1}", "balance": "[985, 0, 985]"}',1.79527369626844573026e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','prompt:1','{"fingerprint": "2461a29024221973f15b6d5de91e283f135afa1637e7ecaa84b539019e8ead6b", "outline": "{\"fingerprint\": \"2461a29024221973f15b6d5de91e283f135afa1637e7ecaa84b539019e8ead6b\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"thursday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"03d54c6c\", \"thursday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"efbc687b\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"22fa67dc\", \"2934c8c6\", \"36e2c44b\"], \"upload_count\": 1}", "balance": "[985, 0, 985]"}',1.79527369627406358713e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','heard:prompt:1','{"texts": "[\"Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now.\"]", "edits": "[]", "failure": ""}',1.79527369630009913442e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','prompt:1','{"fingerprint": "31f49e333af1aa914dcb68df0c1e04ee69c71b0ef23cc2a861d352da176a7acb", "outline": "{\"fingerprint\": \"31f49e333af1aa914dcb68df0c1e04ee69c71b0ef23cc2a861d352da176a7acb\", \"tracks\": [{\"label\": \"Video\", \"key\": \"e0e478cc\", \"title\": \"wednesday\", \"count\": 1, \"end\": 3.0, \"segments\": [[\"161078e4\", \"0c1e4983\", \"wednesday.mp4\", 0.0, 3.0, 0.0, null, 1.0, \"91add997\"]], \"unlisted\": \"\"}], \"duration\": 3.0, \"canvas\": \"1920x1080\", \"generated\": {}, \"uploads\": [\"1ef00cc1\", \"3496b37b\", \"8803d4a9\"], \"upload_count\": 1}", "balance": "[975, 5, 980]"}',1.79527369631870818136e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','render:1','{"id": "render_17e39521f4a244ca80c615a51ce80d4c", "at": "1795273696.3252733"}',1.79527369632528615e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','render:1','{"id": "render_e76b6c48d4d346a4b406954fed037186", "at": "1795273696.3258755"}',1.79527369632588076594e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','render:1','{"id": "render_2103edd216844f479efc549b96253b3f", "at": "1795273696.356764"}',1.79527369635677766794e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','render:1','{"id": "render_285114088ea44dbbb1be27eb9c01ac67", "at": "1795273696.4192326"}',1.79527369641924428944e+09);
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
INSERT INTO "nemowatch_orders" VALUES(1,'236e6bdc0e274691','release','',1.79527369689009809496e+09,NULL,0,NULL);
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
INSERT INTO "nemowatch_prompts_at_work" VALUES('3258264b109817a8','prompt:1','shorts',1.79527369625326585771e+09,2,1,975);
INSERT INTO "nemowatch_prompts_at_work" VALUES('9ae90ba279c9522a','prompt:1','shorts',1.79527369630877900127e+09,2,1,975);
CREATE TABLE nemowatch_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "nemowatch_schema" VALUES(2);
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
INSERT INTO "nemowatch_spending" VALUES('236e6bdc0e274691','prompt:1','asks',0,1795273694.69193);
INSERT INTO "nemowatch_spending" VALUES('1921d6bb09646952','prompt:1','jokes',0,1.79527369568680095668e+09);
INSERT INTO "nemowatch_spending" VALUES('32650b1654fb1872','prompt:1','shorts',3,1.79527369629813361162e+09);
INSERT INTO "nemowatch_spending" VALUES('7a86bc97ea8fac0b','prompt:1','shorts',7,1.79527369630015683175e+09);
INSERT INTO "nemowatch_spending" VALUES('f0e89a0a397df095','prompt:1','shorts',8,1.79527369630079793928e+09);
INSERT INTO "nemowatch_spending" VALUES('24fedf00e663db70','prompt:1','shorts',3,1.79527369639861845975e+09);
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
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',1,'prepare','{"seconds":0.004881870001554489,"result":{"size_bytes":23946}}',NULL,NULL,1795273694599,1795273694606,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',2,'connect','{"seconds":0.035364251998544205,"result":{"session_id":"1207276539108495389","task_id":"task_f9281b6d061b8d37","project_link":"https://nemovideo.com/workspace/claim?ct=clm_f9281b6d061b8d37","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273694609,1795273694645,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',3,'upload','{"seconds":0.022296713999821804,"result":{"seconds":0.013492905003658962,"name":"asked.mp4","known_media":[]}}',NULL,NULL,1795273694648,1795273694671,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('236e6bdc0e274691',4,'edit-1','{"pause":{"state":"attention","cause":"question","reason":"The service asks: \"Which part should I use: the beginning or the end?\" Answer with `nemowatch jobs answer 236e6bdc \"…\"`; `nemowatch jobs release` leaves it to the service.","wake_after":null,"grows":false,"clears":"step","answers":"answer:prompt:1.reply1","question":"Which part should I use: the beginning or the end?","balance":null,"back_to":""}}',NULL,NULL,1795273694673,1795273694694,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',1,'prepare','{"seconds":0.006036471000697929,"result":{"size_bytes":23945}}',NULL,NULL,1795273694876,1795273694883,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',2,'connect','{"seconds":0.009462468995479867,"result":{"session_id":"3600758899591114574","task_id":"task_507a698f00af4b8a","project_link":"https://nemovideo.com/workspace/claim?ct=clm_507a698f00af4b8a","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273694884,1795273694895,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',3,'upload','{"seconds":0.01400761200056877,"result":{"seconds":0.008643157001642976,"name":"joke.mp4","known_media":[]}}',NULL,NULL,1795273694896,1795273694911,'portable_json','nemowatch',1795273694000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',4,'edit-1','{"failure":{"message":"The prompt \"tell me a joke\" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.","hint":"Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.","has_lost_session":false,"has_paid":true,"clears":"step"}}',NULL,NULL,1795273694912,1795273695696,'portable_json','nemowatch',1795273695000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',5,'deliver-failed','{"seconds":0.026403961004689336,"result":{"folder":"@root@/jokes-output/jokes/joke","files":[]}}',NULL,NULL,1795273695700,1795273695729,'portable_json','nemowatch',1795273695000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',1,'prepare','{"seconds":0.013986291000037454,"result":{"size_bytes":23947}}',NULL,NULL,1795273695929,1795273695949,'portable_json','nemowatch',1795273695000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',1,'prepare','{"seconds":0.010955476995150093,"result":{"size_bytes":23949}}',NULL,NULL,1795273695936,1795273695950,'portable_json','nemowatch',1795273695000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',2,'connect','{"seconds":0.026058190000185277,"result":{"session_id":"8741781370311999649","task_id":"task_75a57ae25271a00e","project_link":"https://nemovideo.com/workspace/claim?ct=clm_75a57ae25271a00e","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273695952,1795273695980,'portable_json','nemowatch',1795273695000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',2,'connect','{"seconds":0.02578731899848208,"result":{"session_id":"7595140205002343421","task_id":"task_5039afd9e074e8cf","project_link":"https://nemovideo.com/workspace/claim?ct=clm_5039afd9e074e8cf","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273695951,1795273695979,'portable_json','nemowatch',1795273695000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',1,'prepare','{"seconds":0.0216434969988768,"result":{"size_bytes":23947}}',NULL,NULL,1795273695999,1795273696030,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',1,'prepare','{"seconds":0.019347961999301333,"result":{"size_bytes":23949}}',NULL,NULL,1795273696003,1795273696030,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',1,'prepare','{"seconds":0.028389007995428983,"result":{"size_bytes":23948}}',NULL,NULL,1795273696006,1795273696038,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',3,'upload','{"seconds":0.05785034799919231,"result":{"seconds":0.03079424099996686,"name":"saturday.mp4","known_media":[]}}',NULL,NULL,1795273695981,1795273696043,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',1,'prepare','{"seconds":0.03594351900392212,"result":{"size_bytes":23950}}',NULL,NULL,1795273696009,1795273696052,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',1,'prepare','{"seconds":0.04222148899862077,"result":{"size_bytes":23947}}',NULL,NULL,1795273696008,1795273696058,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',3,'upload','{"seconds":0.08016777600278147,"result":{"seconds":0.039251275004062336,"name":"friday.mp4","known_media":[]}}',NULL,NULL,1795273695983,1795273696065,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',2,'connect','{"seconds":0.035119337000651285,"result":{"session_id":"2536149052178444420","task_id":"task_1b75a6d4e9e174dd","project_link":"https://nemovideo.com/workspace/claim?ct=clm_1b75a6d4e9e174dd","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273696063,1795273696105,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',2,'connect','{"seconds":0.04327847300010035,"result":{"session_id":"1127941041943972515","task_id":"task_ca386e2f439cf460","project_link":"https://nemovideo.com/workspace/claim?ct=clm_ca386e2f439cf460","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273696055,1795273696111,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',2,'connect','{"seconds":0.07900021300156368,"result":{"session_id":"7979934878773462881","task_id":"task_c56d9d534ad2ca60","project_link":"https://nemovideo.com/workspace/claim?ct=clm_c56d9d534ad2ca60","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273696036,1795273696123,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',3,'upload','{"seconds":0.037322042997402605,"result":{"seconds":0.00810582100530155,"name":"monday.mp4","known_media":[]}}',NULL,NULL,1795273696106,1795273696145,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',3,'upload','{"seconds":0.030594201998610515,"result":{"seconds":0.011723100993549451,"name":"thursday.mp4","known_media":[]}}',NULL,NULL,1795273696124,1795273696155,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',2,'connect','{"seconds":0.06571161699685035,"result":{"session_id":"2559665160652489728","task_id":"task_71d9901c5fa3a232","project_link":"https://nemovideo.com/workspace/claim?ct=clm_71d9901c5fa3a232","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273696032,1795273696103,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',3,'upload','{"seconds":0.028495972001110204,"result":{"seconds":0.00901884600170888,"name":"sunday.mp4","known_media":[]}}',NULL,NULL,1795273696160,1795273696191,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',2,'connect','{"seconds":0.14621501300280215,"result":{"session_id":"5277224068703486487","task_id":"task_fa7749b096b40feb","project_link":"https://nemovideo.com/workspace/claim?ct=clm_fa7749b096b40feb","credits_before":1000,"is_continued":false}}',NULL,NULL,1795273696040,1795273696196,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',3,'upload','{"seconds":0.15548349000164308,"result":{"seconds":0.012777969997841865,"name":"wednesday.mp4","known_media":[]}}',NULL,NULL,1795273696113,1795273696270,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',4,'edit-1','{"seconds":0.10938230300234864,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: sunday (0-2s)","seconds":0.10260893299710006,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273696195,1795273696310,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',4,'edit-1','{"seconds":0.26298737400065875,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: saturday (0-2s)","seconds":0.2597811070008902,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273696046,1795273696316,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',4,'edit-1','{"seconds":0.24085881800419884,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: friday (0-2s)","seconds":0.23421651399985421,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273696068,1795273696313,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',4,'edit-1','{"seconds":0.2580318990003434,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: monday (0-2s)","seconds":0.17367323699727422,"changes":["clip 1 shortened from 3 s to 2 s"]}}',NULL,NULL,1795273696149,1795273696409,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',5,'export-1','{"seconds":0.14808023800287629,"result":{"render_id":"render_17e39521f4a244ca80c615a51ce80d4c","url":"@service@/cdn/TwZnBk4U7UCEnLxC/render_17e39521f4a244ca80c615a51ce80d4c.mp4","seconds":0.13880808599787997}}',NULL,NULL,1795273696319,1795273696468,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',6,'download-1','{"seconds":0.10459881000133464,"result":{"name":"saturday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273696472,1795273696580,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',5,'export-1','{"seconds":0.2727440930029843,"result":{"render_id":"render_e76b6c48d4d346a4b406954fed037186","url":"@service@/cdn/ve5xEW1r-9eyJyjr/render_e76b6c48d4d346a4b406954fed037186.mp4","seconds":0.2608506100004888}}',NULL,NULL,1795273696315,1795273696589,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',6,'download-1','{"seconds":0.032662855002854485,"result":{"name":"sunday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273696590,1795273696628,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',7,'collect','{"seconds":0.019936794000386726,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273696633,1795273696667,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',5,'export-1','{"seconds":0.3296921270011808,"result":{"render_id":"render_285114088ea44dbbb1be27eb9c01ac67","url":"@service@/cdn/4_u6FDmEYE2hfkGS/render_285114088ea44dbbb1be27eb9c01ac67.mp4","seconds":0.3281814719957765}}',NULL,NULL,1795273696413,1795273696747,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',6,'download-1','{"seconds":0.02933768500224687,"result":{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273696749,1795273696779,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',7,'collect','{"seconds":0.008511426996847149,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273696781,1795273696791,'portable_json','nemowatch',1795273696000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',8,'deliver-done','{"seconds":0.03703598699939903,"result":{"folder":"@root@/talks-output/shorts/monday","files":[{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}]}}',NULL,NULL,1795273696793,1795273696830,'portable_json','nemowatch',1795273696000);
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
INSERT INTO "queues" VALUES('94EAFB5934ED36046D5E1C99FC42C3FA','recordings',NULL,8,NULL,NULL,1,0,0.05,1795273692000,1795273692486,'nemowatch',NULL,NULL,NULL,NULL);
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
INSERT INTO "workflow_input" VALUES('236e6bdc0e274691','{"namedArgs":{},"positionalArgs":["236e6bdc0e274691"]}',1795273694000);
INSERT INTO "workflow_input" VALUES('1921d6bb09646952','{"namedArgs":{},"positionalArgs":["1921d6bb09646952"]}',1795273694000);
INSERT INTO "workflow_input" VALUES('7a86bc97ea8fac0b','{"namedArgs":{},"positionalArgs":["7a86bc97ea8fac0b"]}',1795273695000);
INSERT INTO "workflow_input" VALUES('f0e89a0a397df095','{"namedArgs":{},"positionalArgs":["f0e89a0a397df095"]}',1795273695000);
INSERT INTO "workflow_input" VALUES('32650b1654fb1872','{"namedArgs":{},"positionalArgs":["32650b1654fb1872"]}',1795273695000);
INSERT INTO "workflow_input" VALUES('3258264b109817a8','{"namedArgs":{},"positionalArgs":["3258264b109817a8"]}',1795273695000);
INSERT INTO "workflow_input" VALUES('9ae90ba279c9522a','{"namedArgs":{},"positionalArgs":["9ae90ba279c9522a"]}',1795273695000);
INSERT INTO "workflow_input" VALUES('acce0afa8a32eb8a','{"namedArgs":{},"positionalArgs":["acce0afa8a32eb8a"]}',1795273695000);
INSERT INTO "workflow_input" VALUES('24fedf00e663db70','{"namedArgs":{},"positionalArgs":["24fedf00e663db70"]}',1795273695000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('236e6bdc0e274691','"attention"',NULL,1795273694000);
INSERT INTO "workflow_output" VALUES('1921d6bb09646952','"failed"',NULL,1795273695000);
INSERT INTO "workflow_output" VALUES('24fedf00e663db70','"done"',NULL,1795273696000);
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
INSERT INTO "workflow_status" VALUES('236e6bdc0e274691','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273694000,1795273694000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273694000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273694000,'null',NULL,NULL,0,'nemowatch','406c9d3d-9320-422c-af9b-3841617d3b67');
INSERT INTO "workflow_status" VALUES('1921d6bb09646952','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273694000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273694000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273695000,'null',NULL,NULL,0,'nemowatch','4f6622a4-3aac-433d-8e8d-84f4ca96a755');
INSERT INTO "workflow_status" VALUES('7a86bc97ea8fac0b','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,'717a3835-445e-4dfc-9ff6-9b9ac8a58288',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','d3f4502e-11b8-4685-bc44-0dbb851799da');
INSERT INTO "workflow_status" VALUES('f0e89a0a397df095','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,'717a3835-445e-4dfc-9ff6-9b9ac8a58288',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','54524027-3d41-42d5-83a5-c955e160909e');
INSERT INTO "workflow_status" VALUES('32650b1654fb1872','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,'4035b517-ed8f-4351-a0fe-26613f9a0737',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','cfa94f7f-01ad-4e2f-bdf8-5d4dbc34b665');
INSERT INTO "workflow_status" VALUES('3258264b109817a8','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,'4035b517-ed8f-4351-a0fe-26613f9a0737',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','51d055e9-9072-439f-b428-c9e5a80f7b03');
INSERT INTO "workflow_status" VALUES('9ae90ba279c9522a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,'4035b517-ed8f-4351-a0fe-26613f9a0737',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','928280ee-0c54-47a4-899d-4d3cebefe3c6');
INSERT INTO "workflow_status" VALUES('acce0afa8a32eb8a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273695000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,'4035b517-ed8f-4351-a0fe-26613f9a0737',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','51f46eb2-4832-47b5-9b95-8f46acefb157');
INSERT INTO "workflow_status" VALUES('24fedf00e663db70','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273695000,1795273696000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273695000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273696000,'null',NULL,NULL,0,'nemowatch','5a814f2a-3332-48e5-a04c-076dfc6ac0f0');
CREATE INDEX ix_nemowatch_jobs_source_path ON nemowatch_jobs (source_path);
CREATE INDEX ix_nemowatch_jobs_state ON nemowatch_jobs (state);
CREATE INDEX ix_nemowatch_jobs_rule ON nemowatch_jobs (rule);
CREATE INDEX ix_nemowatch_jobs_queued_at ON nemowatch_jobs (queued_at);
CREATE INDEX ix_nemowatch_jobs_parked ON nemowatch_jobs (is_parked, cause, wake_at);
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
