// Failures that people and programs meet at the command line.
import { entry } from './catalogue_entry.ts'

export const commandErrors = {
  data_in_use: entry(
    'Another Firth owns this data folder.',
    'config',
    'AE',
    'Stop it first, or give --data another folder.',
  ),
  data_unusable: entry(
    'The data folder cannot be opened.',
    'config',
    'AE',
    'Give --data a folder on a writable disk, and run as the user to whom it belongs.',
  ),
  file_missing: entry(
    'A file that the configuration names cannot be read.',
    'config',
    'AE',
    'Check its path, which counts from where Firth was started, and who may read it.',
  ),
  data_missing: entry(
    'There is no data folder here.',
    'config',
    'AE',
    'Give --data the folder that firth run was given, or --project its project.',
  ),
  engine_not_running: entry(
    'No Firth is running on this data folder.',
    'config',
    'AE',
    'Start it with: firth run --project DIR --data DIR',
  ),
  command_unknown: entry(
    'The running engine does not know this command.',
    'config',
    'AE',
    'The engine and the command are of different versions; use those of one installation.',
  ),
  deployment_unknown: entry(
    'The tenant has no such deployment.',
    'config',
    'AE',
    'firth deploy --list shows the deployments that there are.',
  ),
  deployment_damaged: entry(
    'The files of a deployment are not what was deployed.',
    'config',
    'AE',
    'Deploy the project again, or roll back to another deployment: firth deploy --rollback HASH.',
  ),
  deployment_unusable: entry(
    'The deployment cannot run here, so nothing was changed.',
    'config',
    'AE',
    'Mend what the findings say; often a variable is missing where Firth was started.',
  ),
  deployment_changing: entry(
    'The files of the project changed while they were read.',
    'transient',
    'AE',
    'Deploy again when they rest.',
  ),
  deployment_first: entry(
    'There is no deployment before this one to roll back to.',
    'config',
    'AE',
    'firth deploy --list shows the deployments that there are.',
  ),
  deployment_ambiguous: entry(
    'More than one tenant or deployment is meant.',
    'config',
    'AE',
    'Name the tenant with --tenant, or give more digits of the deployment.',
  ),
  deployment_not_live: entry(
    'The deployment that was to take this message in did not go live.',
    'transient',
    'AE',
    'The sender is asked to send it again.',
  ),
  listen_failed: entry(
    'A listener could not take its address.',
    'config',
    'AE',
    'Another program may hold the port, or the address is not of this machine.',
  ),
  search_unavailable: entry(
    'The search index cannot be asked at the moment.',
    'transient',
    'AE',
    'It opens, or its disk fails. If it stays so, delete search.db: it is made anew from the log.',
  ),
} as const
